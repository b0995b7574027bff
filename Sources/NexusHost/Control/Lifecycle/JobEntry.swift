import Drivers
import Fleet

/// Names a step of a job, an exchange or a survey; never given twice, so that what comes late is
/// known as such.
struct JobStep: Hashable {
  let number: UInt64
}

/// A job that is not over, with what it takes to carry it out.
struct JobEntry {
  /// What it is at.
  enum Phase: Equatable {
    /// Waits for another job.
    case pending
    /// The first of these models leaves the target, then the others.
    case evicting([String])
    /// The same, and the server was asked whether it has gone.
    case evicted([String])
    /// All of them have left.
    case roomMade
    /// The driver's exchange is under way.
    case loading
    /// The server is asked whether the model is there.
    case arriving
    /// The source still has requests for the model.
    case emptying
    /// The driver's exchange is under way.
    case unloading
    /// The server is asked whether the model has gone.
    case leaving
  }

  var job: ModelJob
  /// That is to have the model.
  let target: Backend?
  /// That is to lose it.
  let source: Backend?
  let makesRoom: Bool
  var phase = Phase.pending
  /// The exchange or survey that is under way.
  var step: JobStep?
  /// The survey beside an exchange whose load goes on by itself.
  var glance: JobStep?
  /// How the last exchange failed.
  var failure: DriverFailure?
  /// When the phase, or the whole of load and arrival, must be over.
  var deadline = UInt64.max
  /// When to look again.
  var wake: UInt64?
  /// How often the server may still say something that contradicts the exchange.
  var chances = 0
  /// When it began, and when the present exchange did.
  var began: UInt64
  var exchangeBegan: UInt64 = 0
  /// What the load should take, in milliseconds.
  var expected: UInt64 = 0
  /// Whether the load is known to others at the target.
  var isAnnounced = false
  /// The model that is about to leave, so that routing prefers other places, and where.
  var leaving: (model: String, backend: Backend)?

  /// The backend that the present phase is about.
  var asked: Backend? {
    switch phase {
    case .emptying, .unloading, .leaving: source
    default: target ?? source
    }
  }

  /// Whether it keeps other jobs from its backends.
  var isRunning: Bool { phase != .pending }

  func concerns(_ backend: Backend) -> Bool {
    target?.load === backend.load || source?.load === backend.load
  }

  /// Whether it will bring that model into memory of the backend.
  func brings(_ model: String, to backend: Backend) -> Bool {
    job.model == model && target?.load === backend.load
  }

  /// The job as it stands at `now`.
  func current(at now: UInt64) -> ModelJob {
    var job = job
    job.remaining = remaining(at: now).map { Int(clamping: $0) }
    return job
  }

  /// From what the server tells of its progress, else from what such a load takes.
  private func remaining(at now: UInt64) -> UInt64? {
    guard phase == .loading || phase == .arriving else { return nil }
    let elapsed = now > exchangeBegan ? now - exchangeBegan : 0
    if let permille = job.permille, permille > 0 {
      return elapsed * UInt64(max(0, 1_000 - permille)) / UInt64(permille)
    }
    return expected > elapsed ? expected - elapsed : 0
  }
}
