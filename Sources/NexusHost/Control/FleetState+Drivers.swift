import Config
import Drivers
import Fleet

// How drivers that were added, replaced or removed change the fleet.
extension FleetState {
  /// Has the fleet spoken to by these drivers from now on. What is known of the servers stays true
  /// where one driver follows another. Gives back the backends that can be spoken to for the first
  /// time.
  mutating func follow(_ new: DriverCatalogue, now: UInt64) -> Set<RecordID> {
    let before = catalogue
    catalogue = new
    guard !before.drivers.elementsEqual(new.drivers, by: ===) else { return [] }
    let hasNewTypes = !Set(new.types).isSubset(of: before.types)
    identifiers = new.drivers.filter { $0.supports(.identify) }
    driverEdition += 1
    var found: Set<RecordID> = []
    for index in records.indices.reversed() {
      // Who was asked may have gone, and who has come was not asked.
      if records[index].identification != nil {
        records[index].identification = nil
        records[index].schedule.restart(now: now)
      }
      if let kind = records[index].backend.kind {
        // One that has come may know the server better.
        if hasNewTypes, !records[index].hasConfiguredType, !identifiers.isEmpty {
          records[index].isSuspect = true
          records[index].schedule.probeNow(now: now)
        }
        if !kind.isCurrent(in: new) { exchangeDriver(index, of: kind.type, now: now) }
      } else if let type = records[index].backend.settings.type {
        guard let kind = BackendKind(type: type, in: new) else { continue }
        records[index].backend = records[index].backend.identified(as: kind)
        records[index].detail = ""
        records[index].member = nil
        records[index].schedule.restart(now: now)
        found.insert(records[index].id)
      } else {
        records[index].isKnownUnrecognised = false
        records[index].schedule.probeNow(now: now)
      }
    }
    return found
  }

  private mutating func exchangeDriver(_ index: Int, of type: String, now: UInt64) {
    let backend = records[index].backend
    guard let kind = BackendKind(type: type, in: catalogue) else {
      return loseDriver(index, of: type, now: now)
    }
    records[index].backend = backend.identified(as: kind)
    records[index].member = nil
    records[index].schedule.probeNow(now: now)
  }

  /// Nobody can speak to the server any more; nothing is known of it.
  private mutating func loseDriver(_ index: Int, of type: String, now: UInt64) {
    let backend = records[index].backend
    guard backend.source != .discovered else {
      return letGo(records.remove(at: index), now: now)
    }
    actions.append(.tell(.driverLost(name: backend.name, type: type)))
    var record = newRecord(backend.identified(as: nil), now: now)
    record.isDraining = records[index].isDraining
    record.finding = records[index].finding
    if record.detail.isEmpty { record.detail = "the driver for the type '\(type)' was removed" }
    records[index] = record
    backend.load.setDoubted(false)
  }
}
