import Testing

@testable import Control

struct ReloadStateTests {
  /// Plays events at their times, each "time: event", and gives the times at which readings begin.
  private func starts(_ events: [(UInt64, ReloadState.Event)], readingTakes: UInt64 = 0) -> [UInt64]
  {
    var state = ReloadState()
    var queue = events
    var starts: [UInt64] = []
    var now: UInt64 = 0
    for _ in 0..<1_000 {
      let next = queue.first?.0 ?? .max
      let wake = state.wake ?? .max
      guard min(next, wake) != .max else { break }
      let event: ReloadState.Event
      (now, event) = wake < next ? (max(now, wake), .tick) : queue.removeFirst()
      guard state.on(event, now: now) else { continue }
      starts.append(now)
      let end = now + readingTakes
      queue.insert((end, .finished), at: queue.firstIndex { $0.0 > end } ?? queue.endIndex)
    }
    return starts
  }

  @Test func aRequestIsFollowedAtOnce() {
    #expect(starts([(5, .requested)]) == [5])
  }

  @Test func aChangeIsReadWhenTheFileIsQuiet() {
    #expect(starts([(0, .changed(isBeingWritten: false))]) == [200])
    #expect(
      starts([
        (0, .changed(isBeingWritten: false)), (150, .changed(isBeingWritten: false)),
        (300, .changed(isBeingWritten: false)),
      ]) == [500])
  }

  @Test func aFileThatIsBeingWrittenIsReadWhenItIsClosed() {
    let truncated: [(UInt64, ReloadState.Event)] = [(0, .changed(isBeingWritten: true))]
    #expect(starts(truncated + [(1_500, .written)]) == [1_700])
    // Nobody says that it was closed: a writer that only truncates, or was killed.
    #expect(starts(truncated) == [2_000])
  }

  @Test func aFileThatIsNeverQuietIsReadAllTheSame() {
    let busy = (0..<150).map {
      (UInt64($0) * 100, ReloadState.Event.changed(isBeingWritten: false))
    }
    #expect(starts(busy).first == 10_000)
  }

  @Test func aWrittenFileThatDidNotChangeIsNotRead() {
    #expect(starts([(0, .written)]) == [])
  }

  @Test func whatComesDuringAReadingIsReadAfterIt() {
    #expect(starts([(0, .requested), (10, .requested)], readingTakes: 100) == [0, 100])
    #expect(
      starts(
        [(0, .requested), (10, .changed(isBeingWritten: false))], readingTakes: 500)
        == [0, 500])
    #expect(
      starts([(0, .requested), (10, .requested), (20, .requested)], readingTakes: 100)
        == [0, 100])
  }

  @Test func aRequestIncludesAChangeThatWaits() {
    #expect(starts([(0, .changed(isBeingWritten: false)), (50, .requested)]) == [50])
  }

  /// Every order of events to depth 7: never two readings at once, and none is forgotten.
  @Test func exhaustiveExploration() {
    let events: [ReloadState.Event] = [
      .tick, .changed(isBeingWritten: false), .changed(isBeingWritten: true), .written, .requested,
      .finished,
    ]
    func explore(
      _ state: ReloadState, now: UInt64, isReading: Bool, isWanted: Bool, _ past: [String]
    ) {
      guard past.count < 6 else { return }
      for event in events where event != .finished || isReading {
        var next = state
        let starts = next.on(event, now: now)
        var reading = isReading && event != .finished
        var wanted = isWanted || event == .requested
        if case .changed = event { wanted = true }
        if starts, reading { Issue.record("two at once after \(past) \(event)") }
        if starts, !wanted { Issue.record("nobody wanted it after \(past) \(event)") }
        if starts { (reading, wanted) = (true, false) }
        if wanted != (next.due != nil) { Issue.record("forgotten after \(past) \(event)") }
        if !reading, wanted, next.wake == nil { Issue.record("asleep after \(past) \(event)") }
        explore(
          next, now: now + 150, isReading: reading, isWanted: wanted, past + ["\(event)"])
      }
    }
    explore(ReloadState(), now: 0, isReading: false, isWanted: false, [])
  }
}
