import Drivers
import Routing
import Synchronization
import Telemetry

/// A request that was routed, with what it takes to tell later why it went where it went. Nothing of
/// its content, and no key. Any thread.
public final class Decision: Sendable {
  /// What the plan was made from. All of it is shared with whoever else uses it; the explanation is
  /// made when somebody asks.
  struct Basis: Sendable {
    /// Nil once too much has changed in the fleet since.
    var view: GatewayView?
    /// What the plan saw of the load.
    let loads: RecordedLoads
    /// The random number of the plan.
    let draw: UInt64
  }

  /// What became of the request.
  struct Course: Sendable {
    let outcome: RequestRecord.Outcome
    /// 0 if the client was sent none.
    let statusCode: Int
    let isStream: Bool
    let routeReason: StaticString
    let tries: RequestRecord.Tries
    /// Nanoseconds in the queue.
    let queueWait: UInt64?
    /// Micro-dollars.
    let cost: Int64?
    /// When the answer began, and when all was over, in nanoseconds of the monotonic clock.
    let firstByte: UInt64
    let ended: UInt64
    /// Tokens, as the backend counted them.
    let usage: TokenUsage?
    /// In the host's own words; empty on success.
    let errorMessage: String
    /// Nil where nothing is traced.
    let trace: TraceID?
  }

  private struct Contents {
    var basis: Basis
    var course: Course?
  }

  private let keptID: KeptID
  /// As the client was told it.
  var id: [UInt8] { keptID.bytes }
  let facts: RequestFacts
  /// When the request came, in nanoseconds of the monotonic clock.
  let started: UInt64
  private let contents: Mutex<Contents>

  init(
    id: [UInt8], started: UInt64, _ facts: RequestFacts, _ basis: consuming Basis
  ) {
    keptID = KeptID(id)
    self.started = started
    self.facts = facts
    contents = Mutex(Contents(basis: consume basis))
  }

  func isCalled(_ id: KeptID) -> Bool { keptID == id }

  /// What the present plan was made from, and how it went; nil while the request is under way.
  var state: (basis: Basis, course: Course?) {
    contents.withLock { ($0.basis, $0.course) }
  }

  /// The request was planned once more, after a wait.
  func plan(_ basis: Basis) { contents.withLock { $0.basis = basis } }

  /// The request has ended.
  func end(_ record: RequestRecord) { contents.withLock { $0.course = record.takeCourse() } }

  /// Lets go of the fleet of that time.
  func forgetFleet() { contents.withLock { $0.basis.view = nil } }
}
