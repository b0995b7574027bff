import Fleet

/// Words for a model that nobody has.
enum UnknownModel {
  private static let named = 20

  static func message(_ name: String, in fleet: FleetSnapshot) -> String {
    let all = fleet.routableModels
    guard !all.isEmpty else { return "Model '\(name.prefix(200))' not found. No models available" }
    let more = all.count > named ? ", and \(all.count - named) more" : ""
    let list = all.prefix(named).joined(separator: ", ")
    return "Model '\(name.prefix(200))' not found. Available: \(list)\(more)"
  }
}
