import Fleet
import HTTP
import Net
import Routing
import Telemetry

extension RelayedRequest {
  /// Waits until a backend has a place for the request, as long as it may.
  func waitForPlace(
    _ facts: RequestFacts, _ saturation: Saturation
  ) async throws(APIError) -> Placement {
    let limits = worker.rules.limits
    let patience = min(limits.queueWait, patience ?? .max)
    guard limits.queueSize > 0 else { throw noQueue(saturation) }
    let ticket = QueueTicket()
    let line = QueueLine(facts)
    let fields = session.connection.request.fields
    let input = session.connection.input
    let lane = RoutingFields.lane(fields, in: input.span)
    guard
      let entry = room.enter(
        line, for: saturation.places, lane, patience: patience, limit: limits.queueSize,
        on: worker.loop, ticket)
    else { throw error(.full, saturation) }
    tellWait(facts, saturation, ahead: entry.ahead)
    let started = worker.loop.nowNanoseconds
    let wait = QueueWait(
      request: self, room: room, ticket: ticket, line: line, number: entry.number, facts: facts,
      started: started)
    worker.loop.expire(ticket, after: patience)
    session.scope.attach(ticket)
    session.record.waitsForPlace()
    defer {
      let now = worker.loop.nowNanoseconds
      session.record.waited(from: started, to: now)
      worker.metrics.shard.queueWait.record(now - started)
      session.scope.detach()
      worker.loop.cancelExpiry(ticket)
    }
    switch await wait.run() {
    case .placed(let placement): return placement
    case .refused(let rejection): throw refusal(rejection)
    case .timedOut(let last): throw error(.timedOut, last ?? saturation)
    case .cancelled: throw session.lost
    }
  }

  private var room: WaitingRoom { worker.shared.queue }

  private enum Failing {
    case full, timedOut
  }

  /// For a request that cannot wait, or not any longer.
  private func error(_ failing: Failing, _ saturation: Saturation) -> APIError {
    var error = described(saturation)
    let seconds = worker.rules.limits.queueWait / 1_000
    switch failing {
    case .full:
      error.code = "queue_full"
      error.message =
        "All backends at capacity and queue is full: \(room.count) requests wait already."
        + " Try again later."
    case .timedOut:
      error.code = "queue_timeout"
      error.message =
        "Request timed out in queue: no backend had a place for it within \(seconds) s."
        + " Try again later."
    }
    let estimate = room.estimate(for: Set(saturation.places.keys))
    error.retryAfter = min(estimate ?? Int(seconds), Int(seconds))
    error.context?.etaSeconds = estimate
    session.record.refusal = error.code
    return error
  }

  /// The same where there is no queue.
  private func noQueue(_ saturation: Saturation) -> APIError {
    if let rejection = saturation.rejection { return refusal(rejection) }
    session.record.refusal = "backends_full"
    return described(saturation)
  }

  private func described(_ saturation: Saturation) -> APIError {
    guard let rejection = saturation.rejection else {
      return .full(
        "All backends for the request are at capacity. Try again soon.",
        context: .init(availableBackends: worker.fleet.routableNames))
    }
    return APIError(
      rejection, fleet: worker.fleet, healthInterval: worker.rules.limits.healthInterval)
  }

  private func tellWait(_ facts: RequestFacts, _ saturation: Saturation, ahead: Int) {
    worker.shared.log.debug(
      "queue", "request waits",
      [
        "request_id": session.requestID, "model": facts.model, "queue_depth": room.count,
        "position": ahead + 1, "eta_seconds": room.estimate(for: Set(saturation.places.keys)),
        "refusals": saturation.rejection?.explanation.summary,
      ])
  }

  /// Leaves the queue, if it has not yet, and says so.
  fileprivate func leave(_ number: WaitingRoom.State.Number, _ end: QueueEnd, since: UInt64) {
    guard room.leave(number, end) else { return }
    worker.shared.log.debug(
      "queue", "request waits no longer",
      [
        "request_id": session.requestID, "end": end.name,
        "queue_wait_ms": Int64((worker.loop.nowNanoseconds - since) / 1_000_000),
        "queue_depth": room.count,
      ])
  }
}

/// The wait of one request. Confined to its loop's thread.
private struct QueueWait {
  let request: RelayedRequest
  let room: WaitingRoom
  let ticket: QueueTicket
  let line: QueueLine
  let number: WaitingRoom.State.Number
  let facts: RequestFacts
  /// When the wait began, in nanoseconds of the loop's clock.
  let started: UInt64

  enum End: ~Copyable {
    case placed(Placement)
    case refused(Rejection)
    /// With what it found last, if it looked again.
    case timedOut(Saturation?)
    case cancelled
  }

  /// Returns when the request has left the queue.
  func run() async -> End {
    var last: Saturation?
    // What became free before the request stood in its line was told to nobody.
    var call: QueueTicket.Event? = .called(nil)
    var isFirst = true
    while true {
      switch call {
      case .called(let place):
        if !isFirst { room.come(number) }
        let end = look(at: place, isChange: place == nil && !isFirst, &last)
        isFirst = false
        if let end { return end }
      case .timedOut:
        leaveQueue(.timedOut)
        return leave(.timedOut(last))
      default:
        leaveQueue(.cancelled)
        return leave(.cancelled)
      }
      call = await ticket.next()
    }
  }

  /// Looks whether the request can go, and passes on a call that it has no use for.
  private func look(
    at held: Occupancy?, isChange: Bool, _ last: inout Saturation?
  ) -> End? {
    held?.letGo()
    while true {
      do throws(Obstacle) {
        let placement = try request.seek(facts)
        let place = placement.place
        let isThere = place === held
        leaveQueue(.placed(ObjectIdentifier(place)))
        if let held, !isThere { room.placeLeft(held) }
        if isChange { room.passOn(line) }
        return leave(.placed(placement))
      } catch {
        switch error {
        case .refused(let rejection):
          leaveQueue(.refused)
          if let held { room.placeLeft(held) }
          if isChange { room.passOn(line) }
          return leave(.refused(rejection))
        case .full(let saturation):
          last = saturation
          if room.wait(number, for: saturation.places) { continue }
          if let held, hasRoom(held) { room.offer(held, passedOnBy: number) }
          return nil
        }
      }
    }
  }

  private func leaveQueue(_ end: QueueEnd) {
    request.leave(number, end, since: started)
  }

  /// Hears no more calls, and passes on one that came meanwhile.
  private func leave(_ end: consuming End) -> End {
    if case .called(let place) = ticket.leave() {
      if let place {
        place.letGo()
        room.placeLeft(place)
      } else {
        room.passOn(line)
      }
    }
    return end
  }

  /// Whether the backend has a place that only this request cannot use.
  private func hasRoom(_ place: Occupancy) -> Bool {
    let fleet = request.worker.fleet
    return zip(fleet.members, fleet.standings).contains { member, standing in
      member.backend.load.requests === place && member.isRoutable && place.count < standing.limit
    }
  }
}
