import Synchronization

/// A number that one thread raises and every thread may read: a plain addition, no lock and no locked
/// instruction.
public struct Tally: ~Copyable, Sendable {
  private let value = Atomic<UInt64>(0)

  public init() {}

  /// The owner's thread only.
  @inline(__always)
  public func add(_ amount: UInt64 = 1) {
    value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Any thread.
  public var count: UInt64 { value.load(ordering: .relaxed) }
}

/// How often what was measured fell between which bounds, with fixed buckets: it takes the same room
/// however much is recorded. One thread records, every thread may read.
public struct Distribution: ~Copyable, Sendable {
  /// Most bounds of a family.
  static let most = 12

  private let bounds: [UInt64]
  private let counts: InlineArray<13, Tally>
  private let sum = Tally()

  /// Room for a family of histograms, of whose bounds the first twelve count.
  public init(_ family: MetricFamily) {
    bounds = family.bounds
    counts = InlineArray { _ in Tally() }
  }

  /// Notes a value in the family's units. Returns its bucket and how often that was hit before. The
  /// owner's thread only.
  @inline(__always) @discardableResult
  public func record(_ value: UInt64) -> (bucket: Int, before: UInt64) {
    var bucket = 0
    let last = min(bounds.count, Self.most)
    while bucket < last, value > bounds[bucket] { bucket &+= 1 }
    let before = counts[bucket].count
    counts[bucket].add()
    sum.add(value)
    return (bucket, before)
  }

  /// What has been recorded. Any thread; values that are recorded meanwhile may be missing in part.
  public var reading: DistributionReading {
    var reading = DistributionReading()
    for bucket in 0...Self.most { reading.counts[bucket] = counts[bucket].count }
    reading.sum = sum.count
    return reading
  }
}

/// What distributions held at one moment: a value, and the sum of such.
public struct DistributionReading: Sendable {
  /// How often each bucket was hit, not cumulated; the last of a family's is the one without a bound.
  public internal(set) var counts = InlineArray<13, UInt64>(repeating: 0)
  public internal(set) var sum: UInt64 = 0

  public init() {}

  public var count: UInt64 {
    var total: UInt64 = 0
    for bucket in counts.indices { total &+= counts[bucket] }
    return total
  }

  /// Adds what another one of the same family held.
  public mutating func add(_ other: DistributionReading) {
    for bucket in counts.indices { counts[bucket] &+= other.counts[bucket] }
    sum &+= other.sum
  }
}
