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
    guard limits.queueSize > 0 else { throw noQueue(saturation) }
    let ticket = QueueTicket()
    let line = QueueLine(facts)
    let fields = session.connection.request.fields
    let input = session.connection.input
    let lane = RoutingFields.lane(fields, in: input.span)
    guard
      let number = room.enter(
        line, for: saturation.places, lane, patience: limits.queueWait, limit: limits.queueSize,
        on: worker.loop, ticket)
    else { throw error(.full, saturation) }
    tellWait(facts, saturation)
    let wait = QueueWait(
      request: self, room: room, ticket: ticket, line: line, number: number, facts: facts)
    worker.loop.expire(ticket, after: limits.queueWait)
    session.scope.attach(ticket)
    let started = worker.loop.nowNanoseconds
    defer {
      session.record.waited(worker.loop.nowNanoseconds - started)
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
    error.retryAfter = room.estimate(most: Int(seconds))
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

  private func tellWait(_ facts: RequestFacts, _ saturation: Saturation) {
    worker.shared.log.debug(
      "queue", "request waits",
      [
        "request_id": session.requestID, "model": facts.model, "queue_depth": room.count,
        "refusals": saturation.rejection?.explanation.summary,
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
      case .timedOut: return leave(.timedOut(last))
      default: return leave(.cancelled)
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
        let isThere = placement.attempts.first?.backend.load.requests === held
        room.leave(number, isPlaced: true)
        if let held, !isThere { room.placeLeft(held) }
        if isChange { room.passOn(line) }
        return leave(.placed(placement))
      } catch {
        switch error {
        case .refused(let rejection):
          room.leave(number, isPlaced: false)
          if let held { room.placeLeft(held) }
          if isChange { room.passOn(line) }
          return leave(.refused(rejection))
        case .full(let saturation):
          last = saturation
          if room.wait(number, for: saturation.places) { continue }
          if let held, hasRoom(held) { room.offer(held, behind: number) }
          return nil
        }
      }
    }
  }

  /// Leaves the queue, and passes on a call that came meanwhile.
  private func leave(_ end: consuming End) -> End {
    room.leave(number, isPlaced: false)
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
