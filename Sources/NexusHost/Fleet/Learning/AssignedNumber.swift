import Synchronization

/// A number that is given once by whoever keeps lists by it. Any thread.
public struct AssignedNumber: ~Copyable, Sendable {
  private let number = Atomic<Int>(.max)

  /// `Int.max` while there is none.
  @inline(__always)
  public var value: Int { number.load(ordering: .relaxed) }

  public func assign(_ value: Int) { number.store(value, ordering: .relaxed) }
}
