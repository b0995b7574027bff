import Foundation

/// What a tab has told, in order; a test waits for what it has yet to tell.
final class EventLog: @unchecked Sendable {  // All that changes is guarded by `lock`.
  private struct Waiter {
    let matches: @Sendable (DevTools.Event) -> Bool
    let answer: CheckedContinuation<DevTools.Event, any Error>
  }

  private let lock = NSLock()
  private var events: [DevTools.Event] = []
  private var waiters: [Int: Waiter] = [:]
  private var lastID = 0

  /// How many there are: a place to wait from.
  var count: Int { lock.withLock { events.count } }

  var all: [DevTools.Event] { lock.withLock { events } }

  func append(_ event: DevTools.Event) {
    let served = lock.withLock {
      events.append(event)
      let served = waiters.filter { $1.matches(event) }
      for id in served.keys { waiters[id] = nil }
      return served.values
    }
    for waiter in served { waiter.answer.resume(returning: event) }
  }

  /// The first event from that place on that matches, which may have happened already.
  func first(
    _ what: String, from start: Int, within seconds: Double,
    where matches: @escaping @Sendable (DevTools.Event) -> Bool
  ) async throws -> DevTools.Event {
    try await withCheckedThrowingContinuation { answer in
      let (id, found) = lock.withLock {
        lastID += 1
        let found = events.dropFirst(start).first(where: matches)
        if found == nil { waiters[lastID] = Waiter(matches: matches, answer: answer) }
        return (lastID, found)
      }
      if let found { return answer.resume(returning: found) }
      DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
        let waiter = self?.lock.withLock { self?.waiters.removeValue(forKey: id) }
        waiter?.answer.resume(throwing: CaseFailure("waited \(seconds) s for \(what) in vain"))
      }
    }
  }
}
