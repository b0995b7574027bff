import Testing

@testable import Gateway

/// The queue as a dialogue.
@Suite struct QueueStateTests {
  /// What a line uses of a place has the line's name.
  private typealias Queue = QueueState<String, Int, String>

  private func enter(
    _ queue: inout Queue, _ line: String = "m", _ places: Set<Int> = [1],
    _ lane: Queue.Lane = .normal, now: UInt64 = 0, limit: Int = 100
  ) -> UInt64 {
    queue.enter(
      line, waitingFor: uses(line, places), lane, patience: 100, now: now, limit: limit) ?? 0
  }

  private func uses(_ line: String, _ places: Set<Int>) -> [Int: String] {
    Dictionary(uniqueKeysWithValues: places.map { ($0, line) })
  }

  @Test func whoCameFirstIsCalledFirst() {
    var queue = Queue()
    let numbers = (0..<5).map { _ in enter(&queue) }
    let called = (0..<6).compactMap { _ in queue.free(1, now: 0) }
    #expect(called == numbers)
  }

  @Test func urgentOnesComeFirstUntilOthersHaveWaitedHalfTheirTime() {
    var queue = Queue()
    let normal = enter(&queue)
    let high = enter(&queue, "m", [1], .high, now: 10)
    let late = enter(&queue, "m", [1], .high, now: 60)
    #expect(queue.free(1, now: 49) == high)
    queue.come(high)
    // Now the first counts as urgent, and was there before the others.
    #expect(queue.free(1, now: 50) == normal)
    #expect(queue.free(1, now: 50) == high)
    #expect(queue.free(1, now: 50) == late)
  }

  @Test func onlyWhoWaitsForAPlaceIsCalledForIt() {
    var queue = Queue()
    let first = enter(&queue, "m", [1])
    let second = enter(&queue, "n", [2, 3])
    #expect(queue.free(4, now: 0) == nil)
    #expect(queue.free(3, now: 0) == second)
    #expect(queue.free(2, now: 0) == nil)
    #expect(queue.free(1, now: 0) == first)
  }

  @Test func whatOneOfALineFindsOutCountsForAll() {
    var queue = Queue()
    let first = enter(&queue, "m", [1])
    let second = enter(&queue, "m", [1])
    #expect(queue.wait(second, for: uses("m", [1, 2])) == true)
    #expect(queue.wait(first, for: uses("m", [2])) == false)
    #expect(queue.free(2, now: 0) == first)
    #expect(queue.free(2, now: 0) == second)
  }

  @Test func aCallIsPassedOnToThoseBehind() {
    var queue = Queue()
    let numbers = (0..<3).map { _ in enter(&queue) }
    #expect(queue.free(1, now: 0) == numbers[0])
    queue.come(numbers[0])
    #expect(queue.free(1, passedOnBy: numbers[0], now: 0) == numbers[1])
    queue.come(numbers[1])
    #expect(queue.free(1, passedOnBy: numbers[1], now: 0) == numbers[2])
    queue.come(numbers[2])
    #expect(queue.free(1, passedOnBy: numbers[2], now: 0) == nil)
    #expect(queue.free(1, now: 0) == numbers[0])
  }

  @Test func aChangeCallsTheFirstOfEachLineAndGoesOnFromThere() {
    var queue = Queue()
    let first = enter(&queue, "m")
    let other = enter(&queue, "n", [2])
    let second = enter(&queue, "m")
    #expect(queue.change(now: 0) == [first, other])
    queue.leave(first)
    #expect(queue.next(after: "m", now: 0) == second)
    #expect(queue.next(after: "m", now: 0) == nil)
    #expect(queue.next(after: "gone", now: 0) == nil)
  }

  @Test func theLimitCountsThoseThatAreCalled() {
    var queue = Queue()
    let first = enter(&queue, limit: 1)
    #expect(queue.free(1, now: 0) == first)
    #expect(enter(&queue, limit: 1) == 0)
    queue.leave(first)
    #expect(enter(&queue, limit: 1) != 0)
  }

  @Test func thoseWhoLeaveFromTheMiddleAreForgotten() {
    var queue = Queue()
    let stays = enter(&queue)
    for _ in 0..<10_000 { queue.leave(enter(&queue)) }
    let last = enter(&queue)
    #expect(queue.count == 2)
    #expect(queue.free(1, now: 0) == stays)
    #expect(queue.free(1, now: 0) == last)
    queue.leave(stays)
    queue.leave(last)
    #expect(queue.count == 0)
    #expect(queue.free(1, now: 0) == nil)
  }

  @Test func whoFindsItsModelInMemoryComesFirst() {
    var queue = Queue()
    let other = enter(&queue, "b")
    let held = (0..<3).map { _ in enter(&queue, "a", now: 1) }
    let called = (0..<5).compactMap { _ in queue.free(1, now: 2, holds: { $0 == "a" }) }
    #expect(called == held + [other])
  }

  @Test func lanesStandAboveWhatIsInMemory() {
    var queue = Queue()
    let held = enter(&queue, "a")
    let urgent = enter(&queue, "b", [1], .high, now: 1)
    #expect(queue.free(1, now: 2, holds: { $0 == "a" }) == urgent)
    #expect(queue.free(1, now: 2, holds: { $0 == "a" }) == held)
  }

  @Test func nobodyIsOvertakenAfterAThirdOfItsTime() {
    for now in [32, 33] as [UInt64] {
      var queue = Queue()
      let other = enter(&queue, "b")
      let held = enter(&queue, "a", now: 1)
      #expect(queue.free(1, now: now, holds: { $0 == "a" }) == (now < 33 ? held : other))
    }
  }

  @Test func afterASwapAModelIsUsedForASixthOfTheTime() {
    var queue = Queue()
    let olds = (0..<3).flatMap { _ in [enter(&queue, "a"), enter(&queue, "b")] }
    // All of them have waited for longer than a third, so that the first goes: a swap.
    #expect(queue.free(1, now: 34, holds: { $0 == "b" }) == olds[0])
    queue.leave(olds[0])
    // The time counts from when the first place after it is free.
    #expect(queue.free(1, now: 40, holds: { $0 == "a" }) == olds[2])
    queue.leave(olds[2])
    #expect(queue.free(1, now: 40 + 16, holds: { $0 == "a" }) == olds[1])
  }

  @Test func afterASwapThoseWhoCameForTheModelGoTogether() {
    var queue = Queue()
    let olds = (0..<3).flatMap { _ in [enter(&queue, "a"), enter(&queue, "b")] }
    var order: [UInt64] = []
    var held = "b"
    for now in 34..<40 as Range<UInt64> {
      let number = queue.free(1, now: now, holds: { $0 == held }) ?? 0
      held = queue.line(of: number) ?? held
      order.append(number)
      queue.leave(number)
    }
    #expect(order == [olds[0], olds[2], olds[4], olds[1], olds[3], olds[5]])
  }

  @Test func linesAreReported() {
    var queue = Queue()
    let first = enter(&queue, "n", [2], now: 3)
    _ = enter(&queue, "m", [1], .high, now: 4)
    _ = enter(&queue, "m", [1, 2], now: 5)
    queue.leave(first)
    _ = enter(&queue, "n", [2], now: 6)
    let reports = queue.reports
    #expect(reports.map(\.line) == ["m", "n"])
    #expect(reports.map(\.high) == [1, 0])
    #expect(reports.map(\.normal) == [1, 1])
    #expect(reports.map(\.oldest) == [4, 6])
    #expect(reports.map(\.places) == [[1, 2], [2]])
    #expect(queue.ahead(in: "m", .high) == 1)
    #expect(queue.ahead(in: "m", .normal) == 2)
    #expect(queue.waiting(for: [1]) == 2)
    #expect(queue.waiting(for: [1, 2]) == 3)
  }

  @Test func thePaceSaysHowLongOneWouldWait() {
    var pace = QueuePace()
    #expect(QueuePace.seconds(behind: 3, [pace]) == nil)
    pace.begin(at: 1_000)
    pace.moved(at: 3_000)
    #expect(QueuePace.seconds(behind: 3, [pace]) == 8)
    #expect(QueuePace.seconds(behind: 3, [pace, QueuePace()]) == 8)
    #expect(QueuePace.seconds(behind: 3, [pace, pace]) == 4)
    // The time in which nobody waited does not count.
    pace.begin(at: 900_000)
    pace.moved(at: 902_000)
    #expect(QueuePace.seconds(behind: 0, [pace]) == 2)
  }
}
