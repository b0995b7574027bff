import Fleet

/// What plans saw of the load, one plan after the other: room that is used again. Confined to one
/// thread.
public final class LoadTape {
  /// Readings that are kept of one plan; of a larger one only those of the places that it chose.
  public static let most = 32

  private var first: RecordedLoads.Entry?
  private var rest: [RecordedLoads.Entry] = []
  private var isFull = false
  private var drops = InlineArray<16, UInt32>(repeating: 0)
  /// Whether a stage has dropped a candidate.
  public private(set) var hasDropped = false

  public init() {}

  /// Forgets what was seen before.
  public func rewind() {
    first = nil
    if !rest.isEmpty { rest.removeAll(keepingCapacity: true) }
    isFull = false
    if hasDropped {
      hasDropped = false
      drops = InlineArray(repeating: 0)
    }
  }

  /// How many candidates a stage has dropped.
  public func drops(by stage: RoutingStage) -> UInt32 { drops[stage.number] }

  fileprivate func noteDrop(by stage: RoutingStage) {
    hasDropped = true
    drops[stage.number] &+= 1
  }

  fileprivate func note(_ candidate: Candidate, _ reading: LoadReading) {
    let entry = RecordedLoads.Entry(
      member: candidate.member, model: candidate.model, reading: reading)
    guard let first else {
      self.first = entry
      return
    }
    guard rest.count < Self.most - 1 else {
      // A refusal is explained by looking at the same once more.
      if !first.isOf(candidate), !rest.contains(where: { $0.isOf(candidate) }) { isFull = true }
      return
    }
    rest.append(entry)
  }

  /// What a plan saw that found no place; where that was too much, whatever could have served counts
  /// as full.
  public var readings: RecordedLoads {
    isFull ? .full : RecordedLoads(first, rest, .all)
  }

  /// What the plan for these attempts saw. Of one that saw too much the attempts are looked at once
  /// more.
  public func readings(
    for attempts: [Attempt], in fleet: FleetSnapshot, from loads: some LoadSource = LiveLoads()
  ) -> RecordedLoads {
    guard isFull else { return RecordedLoads(first, rest, .all) }
    rewind()
    for attempt in attempts {
      for candidate in fleet.candidates(for: attempt.model.id)
      where fleet.members[candidate.member] === attempt.member {
        note(candidate, loads.reading(of: candidate, on: attempt.member))
      }
    }
    return RecordedLoads(first, rest, .partial)
  }
}

/// Loads with everything that is read of them kept on a tape.
public struct TapedLoads<Loads: LoadSource>: LoadSource {
  private let tape: LoadTape
  private let loads: Loads

  public init(_ tape: LoadTape, _ loads: Loads = LiveLoads()) {
    self.tape = tape
    self.loads = loads
  }

  public func reading(of candidate: Candidate, on member: FleetMember) -> LoadReading {
    let reading = loads.reading(of: candidate, on: member)
    tape.note(candidate, reading)
    return reading
  }

  public func noteDrop(by stage: RoutingStage) { tape.noteDrop(by: stage) }
}
