import Drivers

/// Which models there are and where: every id once, sorted. The same for all snapshots of an edition.
public struct ModelTable: Sendable {
  /// A model on one backend.
  public struct Place: Sendable {
    /// The backend's place among the members.
    public let member: Int
    public let model: Model
  }

  public struct Row: Sendable {
    public let id: String
    /// In the order of members.
    public let places: [Place]
  }

  public let rows: [Row]

  init(_ members: [FleetMember]) {
    var places: [String: [Place]] = [:]
    for (member, one) in members.enumerated() {
      for model in one.models {
        places[model.id, default: []].append(Place(member: member, model: model))
      }
    }
    rows = places.map { Row(id: $0.key, places: $0.value) }.sorted { $0.id < $1.id }
  }
}
