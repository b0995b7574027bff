/// The memory of a `PrefixTable`: entries by hash in sets of eight, of which the one that was
/// written longest ago gives way. Grows with what is in it, up to a limit. A value.
struct PrefixSlots: Sendable {
  struct Entry: Equatable, Sendable {
    /// Number of the cache in which it is.
    var cache: UInt16
    /// Bytes of the prompt, 4 GiB at most.
    var bytes: UInt32
    /// The count of requests of the cache then.
    var mark: UInt32
    /// Seconds of the clock then.
    var time: UInt32
    /// The count of writes then, which wraps.
    var stamp: UInt32
  }

  /// Hash of each slot, 0 where it is free; apart from the entries, so that a set that does not hold
  /// a hash costs one line of the processor's cache.
  private var tags: [UInt64] = []
  private var entries: [Entry] = []
  private let limit: Int
  /// Entries of one hash, one for each cache.
  static let mostOfOne = WarmPlaces.most
  private static let ways = 8
  private static let first = 8 * ways

  /// Room for about `limit` entries.
  init(limit: Int) {
    var size = Self.first
    while size * 2 <= limit { size *= 2 }
    self.limit = size
  }

  /// Slots that there may be.
  var capacity: Int { limit }

  var count: Int { tags.count(where: { $0 != 0 }) }

  /// Bytes of memory that it takes.
  var memory: Int {
    tags.capacity * MemoryLayout<UInt64>.stride + entries.capacity * MemoryLayout<Entry>.stride
  }

  /// Shows every entry of a hash, in no order.
  @inline(__always)
  func forEach(of hash: UInt64, _ body: (Entry) -> Void) {
    guard !tags.isEmpty else { return }
    let tag = Self.tag(hash)
    let start = start(tag)
    for slot in start..<start + Self.ways where tags[slot] == tag { body(entries[slot]) }
  }

  /// Writes the entry of a hash in a cache, over the one that was there.
  mutating func put(_ hash: UInt64, _ entry: Entry) {
    let tag = Self.tag(hash)
    if tags.isEmpty { grow() }
    while true {
      guard let slot = slot(for: tag, entry) else {
        grow()
        continue
      }
      tags[slot] = tag
      entries[slot] = entry
      return
    }
  }

  /// Where an entry goes: over its older self, over the oldest of the same hash if that has as many
  /// as it may, into a free slot, or over the oldest of its set. Nil if the table should grow.
  private func slot(for tag: UInt64, _ entry: Entry) -> Int? {
    let start = start(tag)
    var free: Int?
    var same = 0
    var oldestSame = start
    var oldest = start
    for slot in start..<start + Self.ways {
      if tags[slot] == 0 {
        free = free ?? slot
        continue
      }
      if age(slot, entry) > age(oldest, entry) { oldest = slot }
      guard tags[slot] == tag else { continue }
      if entries[slot].cache == entry.cache { return slot }
      if same == 0 || age(slot, entry) > age(oldestSame, entry) { oldestSame = slot }
      same += 1
    }
    if same == Self.mostOfOne { return oldestSame }
    return free ?? (tags.count < limit ? nil : oldest)
  }

  private func age(_ slot: Int, _ entry: Entry) -> UInt32 { entry.stamp &- entries[slot].stamp }

  private func start(_ tag: UInt64) -> Int {
    Int(truncatingIfNeeded: tag) & (tags.count / Self.ways - 1) &* Self.ways
  }

  private static func tag(_ hash: UInt64) -> UInt64 { hash == 0 ? 1 : hash }

  /// Doubles the room. Each set is divided among two, so everything finds a slot again.
  private mutating func grow() {
    let old = self
    let size = max(Self.first, tags.count * 2)
    tags = Array(repeating: 0, count: size)
    entries = Array(
      repeating: Entry(cache: 0, bytes: 0, mark: 0, time: 0, stamp: 0), count: size)
    for slot in old.tags.indices where old.tags[slot] != 0 {
      let tag = old.tags[slot]
      var place = start(tag)
      while tags[place] != 0 { place += 1 }
      tags[place] = tag
      entries[place] = old.entries[slot]
    }
  }
}
