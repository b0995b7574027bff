import Synchronization

/// For each bucket of a distribution a request that fell there, by its id: so that the way from a peak
/// in a chart leads to a line of the log. One thread writes, every thread may read.
public struct Exemplars: ~Copyable, Sendable {
  /// Longest id that is kept.
  static let longest = 40

  /// A request: its id and what was measured of it, in the family's units.
  public struct Entry: Equatable, Sendable {
    public var id: [UInt8]
    public var value: UInt64
  }

  private let slots: InlineArray<13, Slot>

  public init() { slots = InlineArray { _ in Slot() } }

  /// Notes a request; nothing if its id is too long. The owner's thread only.
  public func note(_ id: [UInt8], _ value: UInt64, in bucket: Int) {
    guard id.count <= Self.longest, (0..<13).contains(bucket) else { return }
    slots[bucket].write(id, value)
  }

  /// The request noted last for a bucket; nil if there is none, or if it changes right now. Any
  /// thread.
  public func entry(in bucket: Int) -> Entry? {
    (0..<13).contains(bucket) ? slots[bucket].read() : nil
  }

  /// A sequence lock (Lamport 1977; "Can Seqlocks Get Along With Programming Language Memory Models?",
  /// Boehm 2012): odd while it is written, and a reader who saw it change has seen nothing.
  private struct Slot: ~Copyable, Sendable {
    private let sequence = Atomic<UInt64>(0)
    private let value = Atomic<UInt64>(0)
    private let length = Atomic<UInt64>(0)
    private let words: InlineArray<5, Atomic<UInt64>>

    init() { words = InlineArray { _ in Atomic(0) } }

    func write(_ id: [UInt8], _ value: UInt64) {
      let before = sequence.load(ordering: .relaxed)
      sequence.store(before &+ 1, ordering: .relaxed)
      atomicMemoryFence(ordering: .releasing)
      self.value.store(value, ordering: .relaxed)
      length.store(UInt64(id.count), ordering: .relaxed)
      for offset in stride(from: 0, to: id.count, by: 8) {
        var word: UInt64 = 0
        for place in offset..<min(offset + 8, id.count) {
          word |= UInt64(id[place]) << UInt64(8 * (place - offset))
        }
        words[offset / 8].store(word, ordering: .relaxed)
      }
      sequence.store(before &+ 2, ordering: .releasing)
    }

    func read() -> Entry? {
      let before = sequence.load(ordering: .acquiring)
      guard before != 0, before & 1 == 0 else { return nil }
      let value = value.load(ordering: .relaxed)
      let count = Int(min(length.load(ordering: .relaxed), UInt64(Exemplars.longest)))
      var id: [UInt8] = []
      id.reserveCapacity(count)
      for place in 0..<count {
        let word = words[place / 8].load(ordering: .relaxed)
        id.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * (place % 8))))
      }
      atomicMemoryFence(ordering: .acquiring)
      guard sequence.load(ordering: .relaxed) == before else { return nil }
      return Entry(id: id, value: value)
    }
  }
}
