import Synchronization

/// What the connections of one pool come to. Its loop's thread counts, every thread may read.
public final class UpstreamCounts: Sendable {
  private let made = Atomic<UInt64>(0)
  private let again = Atomic<UInt64>(0)
  private let ended = Atomic<UInt64>(0)
  private let refused = Atomic<UInt64>(0)
  private let resting = Atomic<UInt64>(0)

  init() {}

  /// Connections that were made.
  public var opened: UInt64 { made.load(ordering: .relaxed) }
  /// Requests that found a connection.
  public var reused: UInt64 { again.load(ordering: .relaxed) }
  /// Connections that could not be made.
  public var failed: UInt64 { refused.load(ordering: .relaxed) }
  /// Connections that are open, in use or not.
  public var open: UInt64 {
    let ended = ended.load(ordering: .relaxed)
    return max(opened, ended) - ended
  }
  /// Connections that wait for a request.
  public var idle: UInt64 { resting.load(ordering: .relaxed) }

  func connectionOpened() { Self.add(1, to: made) }
  func connectionFailed() { Self.add(1, to: refused) }
  func connectionClosed() { Self.add(1, to: ended) }
  func connectionReused() { Self.add(1, to: again) }
  func idleChanged(by change: Int) { Self.add(UInt64(bitPattern: Int64(change)), to: resting) }

  @inline(__always)
  private static func add(_ amount: UInt64, to value: borrowing Atomic<UInt64>) {
    value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }
}
