/// Who waits, in which order and for what: the queue as a value.
///
/// Requests that the same places may serve stand in one line. Each line has two lanes; a request of
/// the normal lane that has waited for half of its time counts as urgent, so that it is not starved.
/// Of those that are equally urgent, requests that find their model in memory at a place go before
/// others, until these have waited for a third of their time. Who is called keeps its number, and
/// with it its turn, until it leaves.
///
/// `Use` is what a line uses of a place: the model that has to be in memory there.
struct QueueState<Line: Hashable, Place: Hashable, Use: Hashable>: Hashable {
  /// Numbers are given in the order of arrival and never twice.
  typealias Number = UInt64

  enum Lane: Int {
    case high, normal
  }

  private var entries: [Number: Entry] = [:]
  private var lines: [Line: Queue] = [:]
  private var last: Number = 0
  /// Places at which one model had to make room for another while somebody waited.
  private var swaps: [Place: Swap] = [:]
  /// Who was called for a place since it was last given back, and found no use for it.
  private var asked: [Place: Set<Number>] = [:]

  /// How many there are, those that are called included.
  var count: Int { entries.count }

  /// The line in which a request stands; nil if it has left.
  func line(of number: Number) -> Line? { entries[number]?.line }

  /// Puts a request at the end of its lane; nil if `limit` are there. `patience`: how long it will
  /// wait, in the unit of `now`.
  mutating func enter(
    _ line: Line, waitingFor places: [Place: Use], _ lane: Lane, patience: UInt64, now: UInt64,
    limit: Int
  ) -> Number? {
    guard count < limit else { return nil }
    last += 1
    entries[last] = Entry(line: line, lane: lane, arrived: now, patience: patience)
    lines[line, default: Queue()].add(last, to: lane.rawValue)
    lines[line]?.learn(places)
    return last
  }

  /// A request that was called is there and looks whether it can go; it may be called again.
  mutating func come(_ number: Number) { entries[number]?.isCalled = false }

  /// A request found out what it waits for. True if its line did not know all of it: then one may
  /// have become free unnoticed, and the request has to look again.
  mutating func wait(_ number: Number, for places: [Place: Use]) -> Bool {
    guard let line = entries[number]?.line, let known = lines[line]?.places,
      places.contains(where: { known[$0.key] == nil })
    else { return false }
    lines[line]?.learn(places)
    return true
  }

  /// A request has gone, served or not.
  mutating func leave(_ number: Number) {
    guard let entry = entries.removeValue(forKey: number) else { return }
    if entries.isEmpty {
      swaps = [:]
      asked = [:]
    }
    let (line, lane) = (entry.line, entry.lane.rawValue)
    guard let count = lines[line]?.count, count > 1 else {
      lines[line] = nil
      return
    }
    lines[line]?.counts[lane] -= 1
    lines[line]?.trim(lane) { [entries] in entries[$0] == nil }
  }

  /// A place is free: the request to call, the first that waits for it. `passedOnBy`: one that could
  /// not use the place and passes it on; each is asked once. `holds`: whether what a line uses of the
  /// place is in memory there.
  mutating func free(
    _ place: Place, passedOnBy other: Number? = nil, now: UInt64,
    holds: (Use) -> Bool = { _ in true }
  ) -> Number? {
    if let other {
      asked[place, default: []].insert(other)
    } else {
      asked[place] = nil
      if let swap = swaps[place], swap.ended == nil { swaps[place]?.ended = now }
    }
    var first: (rank: Rank, isHeld: Bool)?
    for queue in lines.values {
      guard let use = queue.places[place] else { continue }
      let isHeld = holds(use)
      guard let rank = firstRank(of: queue, at: place, isHeld: isHeld, now: now) else { continue }
      if let best = first, best.rank < rank { continue }
      first = (rank, isHeld)
    }
    guard let first else { return nil }
    if !first.isHeld { swaps[place] = Swap() }
    return call(first.rank.number)
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

  /// The first that has not been called. Those of one lane have the order of their numbers, whatever
  /// has become urgent meanwhile, unless their patience differs.
  private func firstRank(
    of queue: Queue, at place: Place? = nil, isHeld: Bool = true, now: UInt64
  ) -> Rank? {
    let declined = place.flatMap { asked[$0] } ?? []
    let swap = place.flatMap { swaps[$0] }
    var first: Rank?
    for lane in queue.lanes.indices {
      for number in queue.lanes[lane][queue.heads[lane]...] {
        guard let entry = entries[number], !entry.isCalled, !declined.contains(number) else {
          continue
        }
        let rank = Rank(
          isLate: entry.isLate(at: now), givesWay: !isHeld && entry.givesWay(at: now, after: swap),
          number: number)
        first = first.map { min($0, rank) } ?? rank
        break
      }
    }
    return first
  }
}

// MARK: - What is seen from outside

extension QueueState {
  /// A line as it stands.
  struct LineReport {
    let line: Line
    let places: Set<Place>
    /// How many wait in each lane.
    let high, normal: Int
    /// When the first came of those that are there.
    let oldest: UInt64
  }

  /// All lines, in the order in which the first of each came.
  var reports: [LineReport] {
    lines.compactMap { line, queue -> (Number, LineReport)? in
      let firsts = queue.lanes.indices.compactMap { lane in
        queue.lanes[lane][queue.heads[lane]...].first { entries[$0] != nil }
      }
      guard let first = firsts.min(), let entry = entries[first] else { return nil }
      let report = LineReport(
        line: line, places: Set(queue.places.keys), high: queue.counts[Lane.high.rawValue],
        normal: queue.counts[Lane.normal.rawValue], oldest: entry.arrived)
      return (first, report)
    }
    .sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// How many of a line go before one that joins a lane of it now.
  func ahead(in line: Line, _ lane: Lane) -> Int {
    guard let queue = lines[line] else { return 0 }
    return lane == .high ? queue.counts[lane.rawValue] : queue.count
  }

  /// How many wait for one of these places, whatever else they wait for.
  func waiting(for places: Set<Place>) -> Int {
    lines.values.reduce(0) { sum, queue in
      places.contains { queue.places[$0] != nil } ? sum + queue.count : sum
    }
  }
}

// MARK: - Parts

extension QueueState {
  private struct Entry: Hashable {
    let line: Line
    let lane: Lane
    let arrived: UInt64
    let patience: UInt64
    /// It has been called and has not come yet: it is not called a second time.
    var isCalled = false

    /// Whether urgent ones go before it.
    func isLate(at now: UInt64) -> Bool { lane == .normal && now < arrived &+ patience / 2 }

    /// Whether it lets others go first, so that its model need not be brought into memory: for a
    /// third of its time, and after another swap for a sixth from when that was done, lest each
    /// request of a long queue makes a swap of its own.
    func givesWay(at now: UInt64, after swap: Swap?) -> Bool {
      if now < arrived &+ patience / 3 { return true }
      guard let swap else { return false }
      return swap.ended.map { now < $0 &+ patience / 6 } ?? true
    }
  }

  private struct Swap: Hashable {
    /// When the first place after it became free, or nil.
    var ended: UInt64?
  }

  private struct Queue: Hashable {
    /// Everything that any of its requests was found to wait for.
    var places: [Place: Use] = [:]
    /// Per lane, in the order of arrival; some may have left.
    var lanes: [[Number]] = [[], []]
    /// Where in each lane the first is that has not left.
    var heads = [0, 0]
    /// How many of each lane have not left.
    var counts = [0, 0]
    var count: Int { counts[0] + counts[1] }

    mutating func add(_ number: Number, to lane: Int) {
      lanes[lane].append(number)
      counts[lane] += 1
    }

    mutating func learn(_ more: [Place: Use]) { places.merge(more) { $1 } }

    /// Leaves out those at the front that have left, and clears them away once they are the greater
    /// part.
    mutating func trim(_ lane: Int, isGone: (Number) -> Bool) {
      while heads[lane] < lanes[lane].count, isGone(lanes[lane][heads[lane]]) { heads[lane] += 1 }
      guard lanes[lane].count > 2 * counts[lane] + 16 else { return }
      lanes[lane].removeAll(where: isGone)
      heads[lane] = 0
    }
  }

  /// Less comes first.
  private struct Rank: Comparable {
    let isLate: Bool
    let givesWay: Bool
    let number: Number

    static func < (left: Rank, right: Rank) -> Bool {
      if left.isLate != right.isLate { return right.isLate }
      if left.givesWay != right.givesWay { return right.givesWay }
      return left.number < right.number
    }
  }
}
