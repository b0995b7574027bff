import Drivers
import Fleet

// Looks at a server while its driver still follows a load.
extension JobBook {
  /// Between two looks at a server whose driver follows a load, in milliseconds.
  static let pauseBesides: UInt64 = 2_000

  /// Surveys a server beside the exchange: a driver that has told of progress follows a load that
  /// goes on by itself, and may have missed its end.
  mutating func glance(at backend: Backend?, _ index: Int) {
    guard let backend else { return }
    let step = nextStep()
    entries[index].glance = step
    entries[index].wake = nil
    actions.append(.survey(step, backend))
  }

  /// The server's list counts before a driver that still waits. The lists of servers lag behind
  /// their answers: that the model has come to nothing must be said twice.
  mutating func judgeBesides(_ member: FleetMember?, _ index: Int, _ now: UInt64) {
    guard entries[index].phase == .loading else { return }
    let id = entries[index].job.id
    switch member?.model(named: entries[index].job.model)?.report.residency {
    case .loaded:
      if let step = entries[index].step { actions.append(.interrupt(step)) }
      entries[index].step = nil
      return arrived(index, "loaded", now)
    case .unloaded:
      entries[index].chances -= 1
      if entries[index].chances <= 0 {
        return end(id, as: .failed, "the server says it is not loaded", now)
      }
    case .failed:
      entries[index].chances -= 1
      if entries[index].chances <= 0 {
        return end(id, as: .failed, "the server could not load it", now)
      }
    case .loading, .unknown, nil: entries[index].chances = 2
    }
    askLater(index, after: Self.pauseBesides, now)
  }
}
