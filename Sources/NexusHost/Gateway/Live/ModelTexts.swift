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
  private var count = 0
  /// Whether all models with what they can do have room in one message.
  private(set) var areShort = true

  /// More than this many have no room in a message with what they can do.
  private static let fewModels = 2_000
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
    count = fleet.members.reduce(0) { $0 + $1.models.count }
    areShort = count <= Self.fewModels
    if areShort {
      areShort = fleet.members.reduce(0) { $0 + abilities($1).count } <= Self.room
    }
  }

  /// With what they can do.
  mutating func abilities(_ member: FleetMember) -> [UInt8] {
    made(member, \.abilities) { ModelReports.abilities(member) }
  }

  mutating func ids(_ member: FleetMember) -> [UInt8] {
    made(member, \.ids) { ModelReports.ids(member) }
  }

  /// The message that says which models a backend has; with no more than their ids where they are
  /// many, and not all where even those have no room.
  mutating func change(_ member: FleetMember) -> [UInt8] {
    let isShort = areShort
    return made(member, \.change) {
      var models = isShort ? ModelReports.abilities(member) : []
      var left = 0
      if models.isEmpty || models.count > Self.room { (models, left) = Self.names(member) }
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
