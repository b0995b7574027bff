import Config
import Drivers
import Telemetry
import Text

/// Which requests are traced: what workers go by. Nil where no collector is configured.
public struct TraceRules: Sendable {
  /// Requests whose trace has a lower number than this are not traced, unless their client says so:
  /// all gateways and services with the same share choose the same traces (TraceIdRatioBased of
  /// OpenTelemetry).
  private let least: UInt64

  /// How many bits of a trace's id are compared.
  private static let bits: UInt64 = 56

  public init?(_ settings: Settings.Traces) {
    guard settings.endpoint != nil else { return nil }
    let share = min(1, max(0, settings.sample))
    least = UInt64((1 - share) * Double(1 << Self.bits))
  }

  /// Whether a trace that begins here is recorded.
  func samples(_ trace: TraceID) -> Bool { trace.low & (1 << Self.bits - 1) >= least }
}

/// Where a request stands in its trace: as long as it is served and, if it is recorded, until its spans
/// are delivered.
struct RequestTrace: Sendable {
  /// A time in which the request waited for something.
  struct Wait: Sendable {
    enum Reason: Sendable {
      /// For a place at a backend.
      case queue
      /// For a model to come into memory on the backend of that name.
      case load(model: String, backend: String)
    }

    let reason: Reason
    /// Nanoseconds of the monotonic clock.
    let start: UInt64
    let end: UInt64
  }

  /// The trace, the request's own span, and whether it is recorded.
  let context: TraceContext
  /// The client's span, if it told one.
  let parent: UInt64?
  let operation: OperationKind
  private(set) var waits: [Wait] = []

  var isRecorded: Bool { context.isSampled }

  /// Begins the request's span, in the client's trace if it told one. Whether that is recorded has been
  /// decided where it began (OpenTelemetry's ParentBased).
  init(
    _ operation: OperationKind, in client: TraceContext?, _ rules: TraceRules,
    _ ids: inout RequestIDs
  ) {
    self.operation = operation
    parent = client?.span
    let span = ids.drawNonzero()
    if let client {
      context = TraceContext(trace: client.trace, span: span, isSampled: client.isSampled)
    } else {
      let trace = TraceID(high: ids.drawNonzero(), low: ids.draw())
      context = TraceContext(trace: trace, span: span, isSampled: rules.samples(trace))
    }
  }

  /// The span of the try of that number: what the backend is told.
  func attempt(_ number: Int) -> TraceContext { child(UInt64(number)) }

  /// The span of the wait at that place.
  func wait(_ index: Int) -> TraceContext { child(Self.firstWait + UInt64(index)) }

  mutating func waited(for reason: Wait.Reason, from start: UInt64, to end: UInt64) {
    if isRecorded { waits.append(Wait(reason: reason, start: start, end: end)) }
  }

  /// Ids of children are made from that of their parent: nobody need keep them.
  private func child(_ number: UInt64) -> TraceContext {
    let id = SplitMix.mixed(context.span &+ (number &+ 1) &* SplitMix.step)
    return TraceContext(
      trace: context.trace, span: id == 0 ? 1 : id, isSampled: context.isSampled)
  }

  /// More than any request has tries.
  private static let firstWait: UInt64 = 1 << 16
}

extension RequestIDs {
  fileprivate mutating func drawNonzero() -> UInt64 {
    while true {
      let number = draw()
      if number != 0 { return number }
    }
  }
}
