/// What comes when: a binary heap; equals in the order of their coming.
struct Timetable<Item> {
  private var heap: [(time: Double, number: Int, item: Item)] = []
  private var count = 0

  var nextTime: Double { heap.first?.time ?? .infinity }
  var isEmpty: Bool { heap.isEmpty }

  mutating func add(_ item: Item, at time: Double) {
    heap.append((time, count, item))
    count += 1
    var place = heap.count - 1
    while place > 0, precedes(place, (place - 1) / 2) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func removeFirst() -> Item {
    heap.swapAt(0, heap.count - 1)
    let first = heap.removeLast().item
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if precedes(child, least) { least = child }
      }
      guard least != place else { return first }
      heap.swapAt(place, least)
      place = least
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (heap[a].time, heap[a].number) < (heap[b].time, heap[b].number)
  }
}
