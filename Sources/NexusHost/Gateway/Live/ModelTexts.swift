import Fleet
import Text

/// The models of the members of a fleet as JSON, written once for each member. A value.
struct ModelTexts {
  private struct Text {
    /// Held, so that no other member takes its place in memory.
    let member: FleetMember
    var abilities: [UInt8]?
    var ids: [UInt8]?
    var change: [UInt8]?
  }

  private var texts: [ObjectIdentifier: Text] = [:]
  private var fleet: FleetSnapshot?
  private var detail = Detail.abilities

  /// What has room in one message about the models of all backends.
  private enum Detail {
    case abilities, ids, nothing
  }

  /// More than so many have no room in a message with what they can do, and with their ids.
  private static let fewModels = 2_000
  private static let someModels = 20_000
  /// What of a message models may take.
  private static let room = MessageScript.longest / 2

  /// Forgets members that have gone.
  mutating func follow(_ fleet: FleetSnapshot) {
    guard fleet !== self.fleet else { return }
    self.fleet = fleet
    var kept: [ObjectIdentifier: Text] = [:]
    for member in fleet.members {
      kept[ObjectIdentifier(member)] = texts[ObjectIdentifier(member)] ?? Text(member: member)
    }
    texts = kept
    let before = detail
    let count = fleet.members.reduce(0) { $0 + $1.models.count }
    detail = .nothing
    if count <= Self.someModels, size(\.ids) <= Self.room { detail = .ids }
    if count <= Self.fewModels, size(\.abilities) <= Self.room { detail = .abilities }
    if detail != before { for key in texts.keys { texts[key]?.change = nil } }
  }

  /// The models of a backend as they have room beside those of all others; nil for not at all.
  mutating func list(_ member: FleetMember) -> [UInt8]? {
    switch detail {
    case .abilities: text(member, \.abilities)
    case .ids: text(member, \.ids)
    case .nothing: nil
    }
  }

  /// The message that says which models a backend has; with no more than their ids where they are
  /// many, and not all where even those have no room.
  mutating func change(_ member: FleetMember) -> [UInt8] {
    let isLong = detail != .abilities
    return made(member, \.change) {
      var (models, left) = isLong ? Self.names(member) : (ModelReports.abilities(member), 0)
      if models.count > Self.room { (models, left) = Self.names(member) }
      return MessageScript.message("ModelChange") { data in
        data.object { text in
          text.member("backend_id", member.backend.id)
          text.raw("models", models)
          if left > 0 { text.member("models_left_out", left) }
        }
      }
    }
  }

  private static func names(_ member: FleetMember) -> (json: [UInt8], left: Int) {
    var left = 0
    let json = JSONText.array { list in
      for model in member.models {
        guard list.bytes.count < room else {
          left += 1
          continue
        }
        list.object { $0.member("id", model.idBytes) }
      }
    }
    return (json, left)
  }

  private mutating func size(_ place: WritableKeyPath<Text, [UInt8]?>) -> Int {
    fleet?.members.reduce(0) { $0 + text($1, place).count } ?? 0
  }

  private mutating func text(
    _ member: FleetMember, _ place: WritableKeyPath<Text, [UInt8]?>
  ) -> [UInt8] {
    made(member, place) {
      place == \Text.ids ? ModelReports.ids(member) : ModelReports.abilities(member)
    }
  }

  private mutating func made(
    _ member: FleetMember, _ place: WritableKeyPath<Text, [UInt8]?>, _ make: () -> [UInt8]
  ) -> [UInt8] {
    let key = ObjectIdentifier(member)
    if let known = texts[key]?[keyPath: place] { return known }
    let new = make()
    texts[key]?[keyPath: place] = new
    return new
  }
}
