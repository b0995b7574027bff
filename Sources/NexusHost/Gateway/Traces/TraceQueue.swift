import Synchronization
import Telemetry

/// Requests whose spans are to be delivered: workers put them in, the exporter takes them out. Bounded,
/// so that a collector that does not keep up costs spans and nothing else. Any thread; a lock is held
/// for one entry, or to take all.
public final class TraceQueue: Sendable {
  /// Most requests that wait, those included that are being delivered.
  static let most = 2_048
  /// With so many the exporter is called, and does not wait until it looks the next time.
  private static let enough = 128

  private struct Contents {
    var entries: [HistoryEntry] = []
    /// How many were taken out and are not delivered yet.
    var underWay = 0
    /// Nil while nothing is taken.
    var call: (@Sendable () -> Void)?
  }

  private let contents = Mutex(Contents())
  /// What has become of spans.
  let counts = TraceCounts()

  public init() {}

  /// Takes a request, unless there are too many.
  func offer(_ entry: consuming HistoryEntry) {
    let entry = consume entry
    let spans = RequestSpans.count(of: entry)
    typealias Result = (lost: TraceCounts.Reason?, call: (@Sendable () -> Void)?)
    let (lost, call) = contents.withLock { contents -> Result in
      guard let call = contents.call else { return (.stopped, nil) }
      guard contents.entries.count + contents.underWay < Self.most else { return (.queueFull, nil) }
      contents.entries.append(entry)
      return (nil, contents.entries.count == Self.enough ? call : nil)
    }
    if let lost { counts.drop(spans, lost) }
    call?()
  }

  /// Begins to take requests; `call` is called on any thread when there are enough for a delivery.
  func open(_ call: @escaping @Sendable () -> Void) { contents.withLock { $0.call = call } }

  /// Takes no more.
  func close() { contents.withLock { $0.call = nil } }

  /// Everything that waits; it stays counted until `settle`.
  func takeAll() -> [HistoryEntry] {
    contents.withLock { contents in
      let all = contents.entries
      contents.entries = []
      contents.underWay += all.count
      return all
    }
  }

  /// So many of those that were taken out are delivered, or given up.
  func settle(_ count: Int) { contents.withLock { $0.underWay -= count } }
}

/// What has become of spans since the start. Any thread.
final class TraceCounts: Sendable {
  /// Why spans were not delivered.
  enum Reason: Int, CaseIterable {
    /// Too many requests waited.
    case queueFull
    /// The collector said no to a delivery.
    case refused
    /// The collector took a delivery, but not these.
    case rejected
    /// The collector could not be reached, or had no time, as often as was tried.
    case unreachable
    /// The gateway stopped, or traces were turned off.
    case stopped

    /// The name in metrics.
    var name: String {
      switch self {
      case .queueFull: "queue_full"
      case .refused: "refused"
      case .rejected: "rejected"
      case .unreachable: "unreachable"
      case .stopped: "stopped"
      }
    }
  }

  private let delivered = Atomic<UInt64>(0)
  private let lost: InlineArray<5, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }

  var exported: UInt64 { delivered.load(ordering: .relaxed) }

  func dropped(_ reason: Reason) -> UInt64 { lost[reason.rawValue].load(ordering: .relaxed) }

  /// Of all reasons.
  var dropped: UInt64 { Reason.allCases.reduce(0) { $0 + dropped($1) } }

  func export(_ spans: Int) { delivered.add(UInt64(max(0, spans)), ordering: .relaxed) }

  func drop(_ spans: Int, _ reason: Reason) {
    lost[reason.rawValue].add(UInt64(max(0, spans)), ordering: .relaxed)
  }
}
