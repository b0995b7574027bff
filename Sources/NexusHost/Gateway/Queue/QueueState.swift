/// Who waits, in which order and for what: the queue as a value.
///
/// Requests that the same places may serve stand in one line. Each line has two lanes; a request of
/// the normal lane that has waited for half of its time counts as urgent, so that it is not starved.
/// Who is called keeps its number, and with it its turn, until it leaves.
struct QueueState<Line: Hashable, Place: Hashable>: Hashable {
  /// Numbers are given in the order of arrival and never twice.
  typealias Number = UInt64

  enum Lane: Int {
    case high, normal
  }

  private struct Entry: Hashable {
    let line: Line
    let lane: Lane
    /// From when on it counts as urgent.
    let urgentFrom: UInt64
    /// It has been called and has not come yet: it is not called a second time.
    var isCalled = false
  }

  private struct Queue: Hashable {
    /// Everything that any of its requests was found to wait for.
    var places: Set<Place>
    /// Per lane, in the order of arrival; some may have left.
    var lanes: [[Number]] = [[], []]
    /// Where in each lane the first is that has not left.
    var heads = [0, 0]
    var count = 0

    mutating func add(_ number: Number, to lane: Int) {
      lanes[lane].append(number)
      count += 1
    }

    /// Leaves out those at the front that have left, and clears them away once they are the greater
    /// part.
    mutating func trim(_ lane: Int, isGone: (Number) -> Bool) {
      while heads[lane] < lanes[lane].count, isGone(lanes[lane][heads[lane]]) { heads[lane] += 1 }
      guard lanes[lane].count > 2 * count + 16 else { return }
      lanes[lane].removeAll(where: isGone)
      heads[lane] = 0
    }
  }

  /// Less comes first.
  private struct Rank: Comparable {
    let isLate: Bool
    let number: Number

    static func < (left: Rank, right: Rank) -> Bool {
      left.isLate != right.isLate ? right.isLate : left.number < right.number
    }
  }

  private var entries: [Number: Entry] = [:]
  private var lines: [Line: Queue] = [:]
  private var last: Number = 0

  /// How many there are, those that are called included.
  var count: Int { entries.count }

  /// The line in which a request stands; nil if it has left.
  func line(of number: Number) -> Line? { entries[number]?.line }

  /// Puts a request at the end of its lane; nil if `limit` are there. `patience`: how long it will
  /// wait, in the unit of `now`.
  mutating func enter(
    _ line: Line, waitingFor places: Set<Place>, _ lane: Lane, patience: UInt64, now: UInt64,
    limit: Int
  ) -> Number? {
    guard count < limit else { return nil }
    last += 1
    entries[last] = Entry(line: line, lane: lane, urgentFrom: now &+ patience / 2)
    lines[line, default: Queue(places: places)].add(last, to: lane.rawValue)
    lines[line]?.places.formUnion(places)
    return last
  }

  /// A request that was called is there and looks whether it can go; it may be called again.
  mutating func come(_ number: Number) { entries[number]?.isCalled = false }

  /// A request still waits, and for these. Returns whether its line did not know some of them: then
  /// one may have become free unnoticed, and the request has to look again.
  mutating func wait(_ number: Number, for places: Set<Place>) -> Bool {
    guard let line = entries[number]?.line, let known = lines[line]?.places,
      !places.isSubset(of: known)
    else { return false }
    lines[line]?.places.formUnion(places)
    return true
  }

  /// A request has gone, served or not.
  mutating func leave(_ number: Number) {
    guard let entry = entries.removeValue(forKey: number) else { return }
    let (line, lane) = (entry.line, entry.lane.rawValue)
    guard let count = lines[line]?.count, count > 1 else {
      lines[line] = nil
      return
    }
    lines[line]?.count = count - 1
    lines[line]?.trim(lane) { [entries] in entries[$0] == nil }
  }

  /// A place is free: the request to call, the first that waits for it. `behind`: one that could not
  /// use the place and passes it on.
  mutating func free(_ place: Place, behind: Number? = nil, now: UInt64) -> Number? {
    let limit = behind.flatMap { number in
      entries[number].map { rank(number, $0, now) }
    }
    var first: Rank?
    for queue in lines.values where queue.places.contains(place) {
      guard let rank = firstRank(of: queue, behind: limit, now: now) else { continue }
      first = first.map { min($0, rank) } ?? rank
    }
    return first.map { call($0.number) }
  }

  /// Things have changed: the requests to call, the first of each line. Each of them that goes calls
  /// `next`.
  mutating func change(now: UInt64) -> [Number] {
    lines.values.compactMap { firstRank(of: $0, now: now)?.number }.sorted().map { call($0) }
  }

  /// The next request to call in the line of one that came after a change and needs no place any
  /// more.
  mutating func next(after line: Line, now: UInt64) -> Number? {
    lines[line].flatMap { firstRank(of: $0, now: now) }.map { call($0.number) }
  }

  private mutating func call(_ number: Number) -> Number {
    entries[number]?.isCalled = true
    return number
  }

  private func rank(_ number: Number, _ entry: Entry, _ now: UInt64) -> Rank {
    Rank(isLate: entry.lane == .normal && now < entry.urgentFrom, number: number)
  }

  /// The first that has not been called. Those of one lane have the order of their numbers, whatever
  /// has become urgent meanwhile, unless their patience differs.
  private func firstRank(of queue: Queue, behind limit: Rank? = nil, now: UInt64) -> Rank? {
    var first: Rank?
    for lane in queue.lanes.indices {
      for number in queue.lanes[lane][queue.heads[lane]...] {
        guard let entry = entries[number], !entry.isCalled else { continue }
        let rank = rank(number, entry, now)
        if let limit, rank <= limit { continue }
        first = first.map { min($0, rank) } ?? rank
        break
      }
    }
    return first
  }
}
