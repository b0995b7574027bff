import Drivers
import Fleet
import Text

/// The body of `GET /models` on the control socket: every model on every backend, whatever the
/// backend's state.
public enum ModelReports {
  public static func json(_ fleet: FleetSnapshot) -> [UInt8] {
    var rows = fleet.members.flatMap { member in member.models.map { (member, $0) } }
    rows.sort { ($0.1.id, $0.0.backend.name) < ($1.1.id, $1.0.backend.name) }
    return JSONText.object { text in
      text.array("models") { list in
        for (member, model) in rows { list.object { append(model, of: member, to: &$0) } }
      }
    }
  }

  private static func append(
    _ model: Model, of member: FleetMember, to text: inout JSONText
  ) {
    let report = model.report
    text.member("id", model.id)
    text.member("backend", member.backend.name)
    text.member("status", member.statusName)
    text.member("context_length", report.contextTokens == 0 ? nil : report.contextTokens)
    text.member("vision", report.abilities.contains(.vision))
    text.member("tools", report.abilities.contains(.tools))
    text.member("json_mode", report.abilities.contains(.json))
    switch report.residency {
    case .loaded: text.member("loaded", true)
    case .unknown: text.member("loaded", Bool?.none)
    case .unloaded, .loading, .failed: text.member("loaded", false)
    }
    if !model.alias.isEmpty { text.array("aliases") { $0.value(model.alias) } }
  }
}
