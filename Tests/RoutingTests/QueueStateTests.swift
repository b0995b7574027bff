import Testing

@testable import Gateway

/// The queue as a dialogue.
@Suite struct QueueStateTests {
  private typealias Queue = QueueState<String, Int>

  private func enter(
    _ queue: inout Queue, _ line: String = "m", _ places: Set<Int> = [1],
    _ lane: Queue.Lane = .normal, now: UInt64 = 0, limit: Int = 100
  ) -> UInt64 {
    queue.enter(line, waitingFor: places, lane, patience: 100, now: now, limit: limit) ?? 0
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
    #expect(queue.wait(second, for: [1, 2]) == true)
    #expect(queue.wait(first, for: [2]) == false)
    #expect(queue.free(2, now: 0) == first)
    #expect(queue.free(2, now: 0) == second)
  }

  @Test func aCallIsPassedOnToThoseBehind() {
    var queue = Queue()
    let numbers = (0..<3).map { _ in enter(&queue) }
    #expect(queue.free(1, now: 0) == numbers[0])
    queue.come(numbers[0])
    #expect(queue.free(1, behind: numbers[0], now: 0) == numbers[1])
    queue.come(numbers[1])
    #expect(queue.free(1, behind: numbers[1], now: 0) == numbers[2])
    queue.come(numbers[2])
    #expect(queue.free(1, behind: numbers[2], now: 0) == nil)
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

  @Test func thePaceSaysHowLongOneWouldWait() {
    var pace = QueuePace()
    #expect(pace.seconds(behind: 3, most: 30) == 30)
    pace.begin(at: 1_000)
    pace.moved(at: 3_000)
    #expect(pace.seconds(behind: 3, most: 30) == 8)
    #expect(pace.seconds(behind: 100, most: 30) == 30)
    // The time in which nobody waited does not count.
    pace.begin(at: 900_000)
    pace.moved(at: 902_000)
    #expect(pace.seconds(behind: 0, most: 30) == 2)
  }
}
