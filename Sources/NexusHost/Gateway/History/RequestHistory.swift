import Net
import Synchronization

/// The last requests of all workers. Any thread.
final class RequestHistory: Sendable {
  private let rings = Mutex<[HistoryRing]>([])
  /// Differs from start to start.
  let start = UInt64(bitPattern: MonotonicClock.unixNanoseconds())

  /// The ring of another worker.
  func newRing(size: Int) -> HistoryRing {
    rings.withLock { rings in
      let ring = HistoryRing(worker: rings.count, size: size)
      rings.append(ring)
      return ring
    }
  }

  /// Changes with every request that is added.
  var version: Int { rings.withLock { $0 }.reduce(0) { $0 + $1.added } }

  /// Calls `body` with the last so many requests, the newest first, until it returns false.
  func forEach(ofLast count: Int, _ body: (HistoryEntry) -> Bool) {
    var readers = rings.withLock { $0 }.map { HistoryReader($0) }
    for _ in 0..<max(0, count) {
      var newest: (index: Int, place: HistoryEntry.Place)?
      for index in readers.indices {
        guard let place = readers[index].place() else { continue }
        if newest.map({ place > $0.place }) ?? true { newest = (index, place) }
      }
      guard let newest, let entry = readers[newest.index].take(), body(entry) else { return }
    }
  }
}
