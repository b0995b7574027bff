import Fleet

/// A changed fleet that is not handed out yet: what is new in it is looked at first, so that no
/// request finds a backend gone whose successor is not known to be up. What was before stays in force
/// meanwhile, rules and all.
struct FleetHold {
  /// When it ends at the latest.
  let until: UInt64
  /// What it waits for.
  let waiting: Set<RecordID>

  /// How long new backends may take to answer for the first time, in milliseconds.
  static let longest: UInt64 = 1_000
}

extension FleetState {
  /// Hands out a snapshot if it would differ from the last.
  mutating func publishIfChanged(_ now: UInt64) {
    if let hold {
      guard isOver(hold, now) else { return }
      self.hold = nil
      actions.append(.adopt)
    } else if snapshot.version > 0, snapshot.members.count == records.count,
      records.allSatisfy({ $0.member != nil })
    {
      return
    }
    let members = records.indices.map { records[$0].currentMember() }
    let keepsModels =
      snapshot.version > 0 && members.count == snapshot.members.count && snapshot.prices == prices
      && zip(members, snapshot.members).allSatisfy { new, old in
        new.backend === old.backend && new.models.elementsEqual(old.models, by: ===)
      }
    snapshot =
      keepsModels
      ? FleetSnapshot(updating: snapshot, members: members)
      : FleetSnapshot(
        version: snapshot.version + 1, members: members, created: snapshot.created,
        prices: prices)
    actions.append(.publish(snapshot))
  }

  private func isOver(_ hold: FleetHold, _ now: UInt64) -> Bool {
    now >= hold.until
      || records.allSatisfy { record in
        !hold.waiting.contains(record.id) || record.health.state != .unknown
          || !canProbe(record)
      }
  }
}
