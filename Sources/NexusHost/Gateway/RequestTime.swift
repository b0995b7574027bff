import HTTP
import Net

/// Until when the answer of a request has to begin: as configured, or sooner if its client waits no
/// longer than that.
struct RequestTime {
  /// In milliseconds of the loop's clock.
  let deadline: UInt64
  /// How long that is for people to know, in milliseconds.
  let limit: UInt64
  /// Whether the client asked for less than what is configured.
  let isByClient: Bool

  /// For a request that has its place now. Confined to its loop's thread.
  init(_ request: RelayedRequest) {
    let worker = request.worker
    let configured = worker.rules.limits.timeout
    let own = worker.loop.now + configured
    if let patience = request.patience {
      let end = request.session.record.started / 1_000_000 &+ patience
      if end < own {
        (deadline, limit, isByClient) = (end, patience, true)
        return
      }
    }
    (deadline, limit, isByClient) = (own, configured, false)
  }

  /// Whether there is no time left for a try.
  func isOver(_ now: UInt64) -> Bool { now >= deadline }
}

extension RelayedRequest {
  /// How long the client waits for an answer by its own words, in milliseconds; nil if it says
  /// nothing.
  var patience: UInt64? {
    let input = session.connection.input
    return RoutingFields.patience(session.connection.request.fields, in: input.span)
  }
}
