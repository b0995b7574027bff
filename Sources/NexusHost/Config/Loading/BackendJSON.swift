import HTTP
import Text

/// A backend as a JSON object with the keys of `[[backends]]`: what commands send and the state
/// keeps.
public enum BackendJSON {
  /// Reads a backend. `url` is required; the name is the address if none is given.
  public static func read(_ bytes: [UInt8]) throws(JSONMemberFault) -> Settings.Backend {
    let members = try JSONMembers(bytes, known: SettingsTable.backend.map(\.key.name))
    var backend = Settings.Backend.blank
    for spec in SettingsTable.backend {
      guard let value = try members.value(spec.key.name, as: spec.key.kind) else { continue }
      do {
        try spec.set(&backend, value)
      } catch {
        throw JSONMemberFault(spec.key.name, error)
      }
    }
    guard !backend.endpoint.host.isEmpty else {
      throw JSONMemberFault("'url' is missing; give it as in {\"url\":\"http://HOST:PORT\"}.")
    }
    if backend.name.isEmpty { backend.name = backend.endpoint.authority }
    return backend
  }

  /// Writes a backend so that `read` gives it back.
  public static func json(_ backend: Settings.Backend) -> [UInt8] {
    JSONText.object { text in
      for spec in SettingsTable.backend {
        if let value = spec.get(backend) { text.member(spec.key.name, value) }
      }
    }
  }
}

/// A backend as a table of the configuration file.
public enum BackendTOML {
  /// The table with the keys that say something, with an empty line before it.
  public static func table(_ backend: Settings.Backend) -> String {
    let lines = SettingsTable.backend.compactMap { spec -> String? in
      guard let value = spec.get(backend), value != spec.get(.blank) else { return nil }
      return "\(spec.key.name) = \(spec.key.kind.toml(value))\n"
    }
    return "\n[[backends]]\n\(lines.joined())"
  }
}

extension SettingValue: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) {
    switch self {
    case .text(let text): text.appendJSON(to: &out)
    case .whole(let number): number.appendJSON(to: &out)
    case .number(let number): number.appendJSON(to: &out)
    case .flag(let flag): flag.appendJSON(to: &out)
    case .list(let items): out += JSONText.array { for item in items { $0.value(item) } }
    case .wholes(let items): out += JSONText.array { for item in items { $0.value(item) } }
    case .map(let entries):
      out += JSONText.object { for entry in entries { $0.member(entry.key, entry.value) } }
    }
  }
}
