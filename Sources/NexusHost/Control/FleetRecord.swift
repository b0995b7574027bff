import Drivers
import Fleet

/// What the control loop knows about one backend.
struct FleetRecord {
  var backend: Backend
  /// Whether somebody named its type: then it is never asked what it is.
  let hasConfiguredType: Bool
  var health = BackendHealth()
  /// Why it is not up, or what it says about itself.
  var detail = ""
  var serverVersion = ""
  var models: [Model] = []
  var loads: [LoadReport] = []
  var schedule: ProbeSchedule
  /// The drivers that have not answered yet what the server is, and the best answer so far.
  var identification: Identification?
  /// Whether it was said that nobody recognises the server.
  var isKnownUnrecognised = false
  /// The member of the present snapshot that shows this; nil when it must be made anew.
  var member: FleetMember?

  init(_ backend: Backend, hasConfiguredType: Bool, now: UInt64) {
    self.backend = backend
    self.hasConfiguredType = hasConfiguredType
    schedule = ProbeSchedule(now: now)
  }

  /// Whether the next probe asks what the server is: because nobody knows, or because what was
  /// there is gone and something else may come back in its place.
  var needsIdentification: Bool {
    backend.kind == nil || !hasConfiguredType && health.state == .down && health.successes == 0
  }

  /// The member that shows this record, made only when it changed.
  mutating func currentMember() -> FleetMember {
    if let member { return member }
    let new = FleetMember(
      backend: backend, state: health.state, models: models, detail: detail,
      serverVersion: serverVersion, loads: loads)
    member = new
    return new
  }
}

/// A question to all drivers: is that server one of yours?
struct Identification {
  /// Answers that are still to come.
  private(set) var remaining: Int
  /// The most certain answer, and the driver that gave it.
  private(set) var best: (identity: ServerIdentity, driver: Driver)?
  /// Whether some driver got as far as saying that the server is not one of its own.
  private(set) var wasReached = false
  /// What a driver said that did not get that far.
  private(set) var failure: DriverFailure?
  private var bestRank = (0, 0)

  init(remaining: Int) { self.remaining = remaining }

  /// Takes an answer. Of equally certain ones the first driver's stays, whichever came first.
  mutating func take(_ outcome: ExchangeOutcome, from driver: Driver, order: Int) {
    remaining -= 1
    if let failure = outcome.failure {
      if failure.code == .unsupported { wasReached = true } else { self.failure = failure }
      return
    }
    wasReached = true
    guard let identity = outcome.reports.identity,
      driver.descriptor.types.contains(identity.backendType)
    else { return }
    let rank = (identity.certainty, -order)
    guard best == nil || rank > bestRank else { return }
    best = (identity, driver)
    bestRank = rank
  }
}
