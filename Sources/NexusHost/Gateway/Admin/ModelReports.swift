import Drivers
import Fleet
import Routing
import Text

/// The body of `GET /models` on the control socket: every model on every backend, whatever the
/// backend's state, and every other name for one.
public enum ModelReports {
  public static func json(_ fleet: FleetSnapshot, _ rules: GatewayRules) -> [UInt8] {
    var rows = fleet.members.flatMap { member in member.models.map { (member, $0) } }
    rows.sort { ($0.1.id, $0.0.backend.name) < ($1.1.id, $1.0.backend.name) }
    return JSONText.object { text in
      text.array("models") { list in
        for (member, model) in rows { list.object { append(model, of: member, to: &$0) } }
      }
      text.array("aliases") { list in
        for (alias, model) in rules.routing.aliasTargets.sorted(by: { $0.key < $1.key }) {
          append(alias, model, fleet.candidates(for: model).map { fleet.members[$0.member] }, &list)
        }
        for (member, model) in rows where !model.alias.isEmpty {
          append(model.alias, model.id, [member], &list)
        }
      }
    }
  }

  /// The models of a backend as an array of their ids.
  static func ids(_ member: FleetMember) -> [UInt8] {
    JSONText.array { for model in member.models { $0.value(model.idBytes) } }
  }

  /// The same as an array of objects, with what each can do.
  static func abilities(_ member: FleetMember) -> [UInt8] {
    JSONText.array { list in
      for model in member.models {
        list.object { text in
          text.member("id", model.idBytes)
          text.member("name", model.idBytes)
          appendAbilities(of: model, to: &text)
          text.member("loaded", model.isLoaded)
        }
      }
    }
  }

  /// In the words of the messages to those who watch.
  static func appendAbilities(of model: Model, to text: inout JSONText) {
    let report = model.report
    text.member("context_length", report.contextTokens == 0 ? nil : report.contextTokens)
    text.member("supports_vision", report.abilities.contains(.vision))
    text.member("supports_tools", report.abilities.contains(.tools))
    text.member("supports_json_mode", report.abilities.contains(.json))
    text.member("max_output_tokens", report.outputTokens == 0 ? nil : report.outputTokens)
  }

  private static func append(
    _ alias: String, _ model: String, _ members: [FleetMember], _ list: inout JSONText
  ) {
    list.object { text in
      text.member("alias", alias)
      text.member("model", model)
      text.array("backends") { for member in members { $0.value(member.backend.name) } }
    }
  }

  private static func append(
    _ model: Model, of member: FleetMember, to text: inout JSONText
  ) {
    let report = model.report
    text.member("id", model.id)
    text.member("backend", member.backend.name)
    text.member("backend_id", member.backend.id)
    text.member("status", member.statusName)
    text.member("context_length", report.contextTokens == 0 ? nil : report.contextTokens)
    text.member("vision", report.abilities.contains(.vision))
    text.member("tools", report.abilities.contains(.tools))
    text.member("json_mode", report.abilities.contains(.json))
    let tokens = model.account.tokens.figures
    text.member("bytes_per_token", tokens.isCalibrated ? rounded(tokens.bytesPerToken) : nil)
    text.member("token_error", tokens.isCalibrated ? rounded(tokens.error) : nil)
    text.member("residency", "\(report.residency.name)")
    text.member("loaded", model.isLoaded)
    if !model.alias.isEmpty { text.array("aliases") { $0.value(model.alias) } }
  }

  private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}

extension Model {
  /// Whether it is in memory, as its server says; nil if it does not.
  var isLoaded: Bool? {
    switch report.residency {
    case .loaded: true
    case .unknown: nil
    case .unloaded, .loading, .failed: false
    }
  }
}
