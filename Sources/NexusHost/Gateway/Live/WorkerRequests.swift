import Fleet
import Net

/// The requests for models that one worker serves, for those who watch. Each knows its place, so that
/// none is looked for. Confined to its loop's thread.
final class WorkerRequests {
  /// What a worker says of its requests at one moment.
  struct Report: Sendable {
    /// Those that began first, the oldest first, at most `LiveSnapshot.requestLimit`.
    var oldest: [LiveSnapshot.LiveRequest] = []
    /// How many there are.
    var count = 0
  }

  private struct Entry {
    /// Nanoseconds of the loop's clock.
    let started: UInt64
    let session: ClientSession
  }

  private let loop: EventLoop
  private var entries: [Entry] = []
  private var watchedUntil: UInt64 = 0
  /// How long somebody who asked once is taken to go on asking, in milliseconds.
  private static let attention: UInt64 = 5_000

  init(_ loop: EventLoop) { self.loop = loop }

  /// Whether somebody watches: only then the events of streams are counted.
  var isWatched: Bool { loop.now < watchedUntil }

  /// A request begins whose record says when.
  func add(_ session: ClientSession) {
    session.record.livePlace = entries.count
    entries.append(Entry(started: session.record.started, session: session))
  }

  /// It has ended.
  func remove(_ session: ClientSession) {
    guard let place = session.record.livePlace, let last = entries.popLast() else { return }
    session.record.livePlace = nil
    guard last.session !== session else { return }
    entries[place] = last
    last.session.record.livePlace = place
  }

  /// Tells how they stand. However many there are, the details of a hundred are looked at.
  func report() -> Report {
    watchedUntil = loop.now + Self.attention
    let now = loop.nowNanoseconds
    let oldest = OldestFew.choose(
      LiveSnapshot.requestLimit, of: entries.count
    ) { entries[$0].started }
    return Report(
      oldest: oldest.map { entries[$0].session.liveRequest(at: now) }, count: entries.count)
  }
}

/// Finds those that came first among many.
enum OldestFew {
  /// The numbers of at most `limit` of `count` things with the smallest keys, in their order.
  static func choose(_ limit: Int, of count: Int, by key: (Int) -> UInt64) -> [Int] {
    var few: [(key: UInt64, number: Int)] = []
    few.reserveCapacity(2 * limit)
    var bound = UInt64.max
    for number in 0..<count {
      let key = key(number)
      guard key < bound || few.count < limit else { continue }
      few.append((key, number))
      // Half of what was gathered is dropped at a time, so that little is sorted.
      guard few.count == 2 * limit else { continue }
      few.sort { $0 < $1 }
      few.removeSubrange(limit...)
      bound = few[limit - 1].key
    }
    few.sort { $0 < $1 }
    return few.prefix(limit).map(\.number)
  }
}

extension ClientSession {
  /// The present request as it is shown to those who watch, at `now` in nanoseconds.
  fileprivate func liveRequest(at now: UInt64) -> LiveSnapshot.LiveRequest {
    let last = record.tries.last
    let backend = record.loading ?? last?.backend
    return LiveSnapshot.LiveRequest(
      id: KeptID(requestID), endpoint: record.endpoint,
      model: record.model.cut(to: HistoryEntry.longestName), backend: backend?.name,
      phase: phase(last, at: now), age: Int(clamping: (now - min(now, record.started)) / 1_000_000),
      isStream: record.isStream, retries: record.retries)
  }

  private func phase(
    _ last: RequestRecord.Try?, at now: UInt64
  ) -> LiveSnapshot.LiveRequest.Phase {
    if record.firstByte != 0 {
      return .streaming(tokensPerSecond: record.isStream ? record.eventRate(at: now) : nil)
    }
    switch record.wait {
    case .place: return .queued
    case .model: return .loading
    case .none: break
    }
    guard let last else { return .waiting }
    return last.backend.load.isLoading(last.model.account) ? .loading : .waiting
  }
}
