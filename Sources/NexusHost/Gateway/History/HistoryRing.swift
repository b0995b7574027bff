import Synchronization

/// The last requests of one worker, whose thread adds to it; every thread may read. A lock is held for
/// one entry by the worker, and for a few by readers.
final class HistoryRing: Sendable {
  private struct Contents {
    var entries: [HistoryEntry] = []
    var size = 0
    /// How many were ever added: the number of the next.
    var next = 0
    /// The number of the entry that was first at index 0.
    var base = 0
    var lastMoment: UInt64 = 0

    var oldest: Int { next - entries.count }
    func index(of number: Int) -> Int { (number - base) % size }
  }

  /// The number of its worker.
  let worker: Int
  private let contents = Mutex(Contents())

  init(worker: Int, size: Int) {
    self.worker = worker
    resize(to: size)
  }

  /// How many entries were ever added.
  var added: Int { contents.withLock { $0.next } }

  /// Adds an entry, which takes the place of the oldest.
  func add(_ entry: consuming HistoryEntry) {
    // The oldest goes outside of the lock.
    var entry = consume entry
    contents.withLock { contents in
      guard contents.size > 0 else { return }
      contents.lastMoment = max(contents.lastMoment + 1, entry.ended)
      entry.number = contents.next + 1
      entry.place = HistoryEntry.Place(moment: contents.lastMoment, worker: worker)
      if contents.entries.count < contents.size {
        contents.entries.append(entry)
      } else {
        swap(&contents.entries[contents.index(of: contents.next)], &entry)
      }
      contents.next += 1
    }
  }

  /// Keeps so many from now on; the newest stay.
  func resize(to size: Int) {
    contents.withLock { contents in
      guard size != contents.size else { return }
      let first = max(contents.oldest, contents.next - size)
      var kept: [HistoryEntry] = []
      kept.reserveCapacity(size)
      for number in first..<contents.next {
        kept.append(contents.entries[contents.index(of: number)])
      }
      contents.entries = kept
      contents.size = size
      contents.base = first
    }
  }

  /// Entries in front of the one of that number, the newest last, and the number of the first. Few at
  /// a time, so that nobody waits for long. Empty if there is none any more.
  func entries(before number: Int) -> (first: Int, [HistoryEntry]) {
    contents.withLock { contents in
      let end = min(number, contents.next)
      let first = max(contents.oldest, end - Self.portion)
      guard first < end else { return (end, []) }
      return (first, (first..<end).map { contents.entries[contents.index(of: $0)] })
    }
  }

  private static let portion = 32
}

/// Reads a ring from its newest entry on to the oldest.
struct HistoryReader {
  private let ring: HistoryRing
  private var portion: [HistoryEntry] = []
  /// The number of the first in the portion.
  private var first = Int.max
  private var isAtEnd = false

  init(_ ring: HistoryRing) { self.ring = ring }

  /// Where the next entry stands; nil at the end.
  mutating func place() -> HistoryEntry.Place? {
    if portion.isEmpty, !isAtEnd {
      (first, portion) = ring.entries(before: first)
      isAtEnd = portion.isEmpty
    }
    return portion.last?.place
  }

  mutating func take() -> HistoryEntry? { portion.popLast() }
}
