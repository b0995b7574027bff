import Control
import HTTP
import Net
import Synchronization
import Telemetry

/// All counters of a gateway: those of its workers, and how they are found. Any thread.
public final class GatewayMetrics: Sendable {
  /// What one worker can be asked about.
  struct Source: Sendable {
    let shard: MetricShard
    let gauge: WorkGauge
    let connections: UpstreamCounts
  }

  let labels = MetricLabels()
  /// The time that the looks at the backends' quality take: written by the control loop.
  public let qualityLooks: QualityTimes
  /// What becomes of servers that nobody named: written by the control loop.
  public let discovery = DiscoveryCounts()
  /// How many drivers there are: written by the control loop.
  public let drivers = DriverCounts()
  private let sources = Mutex<[Source]>([])
  private let loops = Mutex<[(name: String, loop: EventLoop)]>([])

  public init(qualityLooks: QualityTimes = QualityTimes()) { self.qualityLooks = qualityLooks }

  /// Has the lag of a loop told that is no worker's.
  public func watch(_ loop: EventLoop, as name: String) {
    loops.withLock { $0.append((name, loop)) }
  }

  /// Has a worker told of; they are numbered in the order of this.
  func add(_ source: Source, on loop: EventLoop) {
    let number = sources.withLock { sources in
      sources.append(source)
      return sources.count - 1
    }
    watch(loop, as: "\(number)")
  }

  var workers: [Source] { sources.withLock { $0 } }

  /// How long each loop takes to turn to a message, in nanoseconds. One that does not answer in time
  /// has the time until then. `loop`: the one that asks.
  func lags(askedFrom loop: EventLoop) async -> [(name: String, nanoseconds: UInt64)] {
    let asked = MonotonicClock.nanoseconds()
    let pulses = loops.withLock { $0 }.map { name, loop in
      let pulse = Pulse()
      loop.post { pulse.lag.store(MonotonicClock.nanoseconds() - asked, ordering: .relaxed) }
      return (name: name, pulse: pulse)
    }
    for _ in 0..<Self.looks {
      await loop.sleep(milliseconds: 1)
      if pulses.allSatisfy(\.pulse.hasCome) { break }
    }
    let waited = MonotonicClock.nanoseconds() - asked
    return pulses.map { name, pulse in
      (name, pulse.hasCome ? pulse.lag.load(ordering: .relaxed) : waited)
    }
  }

  /// How many milliseconds loops have to answer.
  private static let looks = 50

  private final class Pulse: Sendable {
    let lag = Atomic<UInt64>(.max)
    var hasCome: Bool { lag.load(ordering: .relaxed) != .max }
  }
}
