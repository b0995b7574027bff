import Synchronization

/// How often requests were answered with which status: exact for the first twelve that occur, which
/// is more than any server uses. One thread counts, every thread may read.
public struct StatusTallies: ~Copyable, Sendable {
  private static let slots = 12
  private static let countBits: UInt64 = 48

  // Each holds a status above its count, and 0 while it is not used.
  private let words: InlineArray<12, Atomic<UInt64>>

  public init() { words = InlineArray { _ in Atomic(0) } }

  /// The owner's thread only. Statuses that find no slot count as 0.
  @inline(__always)
  public func count(_ status: Int) {
    let key = UInt64(truncatingIfNeeded: status) & 0xFFFF
    var slot = 0
    while slot < Self.slots - 1 {
      let word = words[slot].load(ordering: .relaxed)
      if word >> Self.countBits == key, word != 0 {
        return words[slot].store(word &+ 1, ordering: .relaxed)
      }
      if word == 0 {
        return words[slot].store(key << Self.countBits | 1, ordering: .relaxed)
      }
      slot &+= 1
    }
    let word = words[slot].load(ordering: .relaxed)
    words[slot].store(word &+ 1, ordering: .relaxed)
  }

  /// Adds what was counted. Any thread.
  public func add(to sums: inout [Int: UInt64]) {
    for slot in 0..<Self.slots {
      let word = words[slot].load(ordering: .relaxed)
      guard word != 0 else { continue }
      sums[Int(word >> Self.countBits), default: 0] &+= word & (1 << Self.countBits - 1)
    }
  }
}
