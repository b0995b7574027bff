/// Something with a deadline. Subclasses say what happens when it passes.
///
/// Confined to the thread of its loop. Moving a deadline later costs a store: the queue looks at
/// the true deadline only when the earlier one comes up.
open class Timed {
  /// When `expire()` is due, in milliseconds of the loop's clock; nil while off.
  public fileprivate(set) var deadline: UInt64?
  /// Key in the heap: never later than `deadline` while that is set.
  fileprivate var key: UInt64 = 0
  /// Position in the heap, -1 outside.
  fileprivate var index = -1

  public init() {}

  /// Called on the loop's thread, once, when the deadline has passed.
  open func expire() {}
}

/// A binary heap of deadlines that knows each member's place, so that one can be removed.
struct TimerQueue {
  private var heap: [Timed] = []

  var isEmpty: Bool { heap.isEmpty }

  /// Milliseconds from `now` to the first key, at least 0; nil with nothing to wait for.
  func delay(from now: UInt64) -> UInt64? {
    guard let first = heap.first else { return nil }
    return first.key > now ? first.key - now : 0
  }

  mutating func set(_ timed: Timed, deadline: UInt64) {
    timed.deadline = deadline
    if timed.index < 0 {
      timed.key = deadline
      timed.index = heap.count
      heap.append(timed)
      siftUp(timed.index)
    } else if deadline < timed.key {
      timed.key = deadline
      siftUp(timed.index)
    }
  }

  /// Turns the deadline off but leaves the place in the heap, for a member that is set again soon.
  mutating func clear(_ timed: Timed) { timed.deadline = nil }

  mutating func remove(_ timed: Timed) {
    timed.deadline = nil
    let index = timed.index
    guard index >= 0 else { return }
    timed.index = -1
    let last = heap.removeLast()
    guard index < heap.count else { return }
    heap[index] = last
    last.index = index
    siftDown(index)
    siftUp(last.index)
  }

  /// Takes out the next member whose deadline has passed; members whose deadline moved on are put
  /// back at their new place, and those whose deadline was cleared leave.
  mutating func popExpired(now: UInt64) -> Timed? {
    while let first = heap.first, first.key <= now {
      if let deadline = first.deadline, deadline > now {
        first.key = deadline
        siftDown(0)
        continue
      }
      let due = first.deadline != nil
      remove(first)
      if due { return first }
    }
    return nil
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].key < heap[parent].key else { return }
      swap(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in (2 * index + 1)...(2 * index + 2)
      where child < heap.count && heap[child].key < heap[least].key { least = child }
      guard least != index else { return }
      swap(index, least)
      index = least
    }
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    heap.swapAt(left, right)
    heap[left].index = left
    heap[right].index = right
  }
}
