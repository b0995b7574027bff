/// Deadlines in a binary heap; cancelled ones are skipped when they come up.
struct TimerHeap {
  typealias ID = UInt64

  private struct Entry {
    let deadline: UInt64
    let id: ID
  }

  private var heap: [Entry] = []
  private var actions: [ID: () -> Void] = [:]
  private var lastID: ID = 0

  /// The earliest deadline that is still wanted.
  var next: UInt64? {
    mutating get {
      while let first = heap.first, actions[first.id] == nil { removeFirst() }
      return heap.first?.deadline
    }
  }

  mutating func insert(_ deadline: UInt64, _ action: @escaping () -> Void) -> ID {
    lastID += 1
    actions[lastID] = action
    heap.append(Entry(deadline: deadline, id: lastID))
    var index = heap.count - 1
    while index > 0, before(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
    return lastID
  }

  mutating func cancel(_ id: ID) { actions[id] = nil }

  mutating func popDue(_ now: UInt64) -> (() -> Void)? {
    guard let deadline = next, deadline <= now, let first = heap.first else { return nil }
    removeFirst()
    return actions.removeValue(forKey: first.id)
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
        if before(child, least) { least = child }
      }
      if least == index { return }
      heap.swapAt(index, least)
      index = least
    }
  }

  /// Equal deadlines keep the order in which they were asked for.
  private func before(_ left: Int, _ right: Int) -> Bool {
    (heap[left].deadline, heap[left].id) < (heap[right].deadline, heap[right].id)
  }
}

extension Loop {
  /// A periodic call that does not drift: each deadline follows from the one before.
  func every(
    _ milliseconds: UInt64, from start: UInt64 = Loop.now(), _ action: @escaping () -> Bool
  ) {
    let next = start + milliseconds * 1_000_000
    at(next) { [self] in if action() { every(milliseconds, from: next, action) } }
  }
}
