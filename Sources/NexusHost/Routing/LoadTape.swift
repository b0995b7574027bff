import Fleet

/// What plans saw of the load, one plan after the other: room that is used again. Confined to one
/// thread.
public final class LoadTape {
  /// Readings that are kept of one plan; of a larger one only those of the places that it chose.
  public static let most = 32

  private var entries: [RecordedLoads.Entry] = []
  private var isFull = false

  public init() { entries.reserveCapacity(Self.most) }

  /// Forgets what was seen before.
  public func rewind() {
    entries.removeAll(keepingCapacity: true)
    isFull = false
  }

  fileprivate func note(_ candidate: Candidate, _ reading: LoadReading) {
    guard entries.count < Self.most else {
      // A refusal is explained by looking at the same once more.
      let isKnown = entries.contains {
        $0.member == candidate.member && $0.model == candidate.model
      }
      if !isKnown { isFull = true }
      return
    }
    entries.append(
      RecordedLoads.Entry(member: candidate.member, model: candidate.model, reading: reading))
  }

  /// What a plan saw that found no place; where that was too much, whatever could have served counts
  /// as full.
  public var readings: RecordedLoads {
    isFull ? .full : RecordedLoads(entries, .all)
  }

  /// What the plan for these attempts saw. Of one that saw too much the attempts are looked at once
  /// more.
  public func readings(
    for attempts: [Attempt], in fleet: FleetSnapshot, from loads: some LoadSource = LiveLoads()
  ) -> RecordedLoads {
    guard isFull else { return RecordedLoads(entries, .all) }
    rewind()
    for attempt in attempts {
      for candidate in fleet.candidates(for: attempt.model.id)
      where fleet.members[candidate.member] === attempt.member {
        note(candidate, loads.reading(of: candidate, on: attempt.member))
      }
    }
    return RecordedLoads(entries, .partial)
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
}
