import Drivers
import Fleet
import Net
import Routing
import Telemetry

/// A reply whose client has gone and that is read on, because its server does not bear to be broken
/// off. Until its end or that of its time, the request keeps its place at the backend, and what was
/// reserved for it stays reserved. Confined to its loop's thread.
final class AbandonedReply {
  let call: UpstreamCall
  private let worker: Worker
  private let attempt: Attempt
  private let payment: Payment
  private let spending: Spending
  private let requestID: [UInt8]
  private let scope = CancelScope()
  private var place: Place?
  private var modelPlace: InFlight?

  init(
    _ call: UpstreamCall, of request: RelayedRequest, _ attempt: Attempt, _ payment: Payment,
    place: consuming Place, modelPlace: consuming InFlight
  ) {
    self.call = call
    worker = request.worker
    self.attempt = attempt
    self.payment = payment
    spending = request.request.spending
    requestID = request.session.requestID
    self.place = consume place
    self.modelPlace = consume modelPlace
  }

  /// Reads on for so many milliseconds at most.
  func run(for milliseconds: UInt64) async {
    let started = worker.loop.now
    let drain = ReplyDrain(call, loop: worker.loop, deadline: started + milliseconds)
    let isWhole = await drain.run(in: scope)
    let cost = payment.cost(of: call, spending, isFailed: false)
    if let cost { payment.book(cost, in: worker.shared.ledger) }
    worker.shared.log.debug(
      "api", isWhole ? "abandoned answer read to its end" : "abandoned answer broken off",
      [
        "request_id": requestID, "backend": attempt.backend.name, "model": attempt.model.id,
        "duration_ms": Int64(worker.loop.now - started),
        "cost_usd": cost.map { Double($0) / 1_000_000 },
      ])
    worker.forget(self)
    _ = place.take()
    _ = modelPlace.take()
  }

  /// Ends it, because the gateway stops now.
  func cutOff() { scope.cancel(.stopping) }
}

extension RelayedRequest {
  /// How long the reply of a try is read on whose client has gone, in milliseconds; nil if its
  /// connection is closed at once.
  func drainTime(_ attempt: Attempt, _ outcome: Outcome, _ call: UpstreamCall) -> UInt64? {
    switch outcome {
    case .clientGone: break
    case .answered where session.record.isCancelled: break
    default: return nil
    }
    guard case .drain(let milliseconds) = attempt.backend.cancel, milliseconds > 0,
      session.scope.cause != .stopping, call.isOwedReply
    else { return nil }
    return UInt64(milliseconds)
  }
}
