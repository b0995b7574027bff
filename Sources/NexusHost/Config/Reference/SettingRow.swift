/// A value that is in force, and where it came from.
public struct SettingRow: Sendable {
  /// "server.port", "routing.aliases.gpt-4", "backends.gpu.url".
  public let path: String
  /// Made unreadable if it may be a secret.
  public let value: SettingValue
  /// The value as TOML writes it.
  public let toml: String
  public let origin: SettingOrigin

  /// Every value that is set or has a default, in the order of the documentation.
  public static func all(_ loaded: Loaded) -> [SettingRow] {
    var rows: [SettingRow] = []
    for spec in SettingsTable.single {
      rows += self.rows(spec, loaded.settings, loaded, at: spec.key.path, shown: spec.key.path)
    }
    for (index, policy) in loaded.settings.routing.policies.enumerated() {
      let path = "routing.policies[\(index)]"
      for spec in SettingsTable.policy {
        let place = "\(path).\(spec.key.name)"
        rows += self.rows(spec, policy, loaded, at: place, shown: place)
      }
    }
    for (index, backend) in loaded.settings.backends.enumerated() {
      let shown = "backends.\(SettingValue.key(backend.name))"
      for spec in SettingsTable.backend {
        rows += self.rows(
          spec, backend, loaded, at: "backends[\(index)].\(spec.key.name)",
          shown: "\(shown).\(spec.key.name)", whole: "backends[\(index)]")
      }
    }
    return rows
  }

  /// The row of a key; of a table, one for each entry. `whole` is the path of what the key is a part
  /// of.
  private static func rows<Root>(
    _ spec: SettingSpec<Root>, _ root: Root, _ loaded: Loaded, at path: String, shown: String,
    whole: String = ""
  ) -> [SettingRow] {
    guard let value = spec.get(root) else { return [] }
    let shownValue = spec.key.masked(value)
    let origin = loaded.origins[path] ?? loaded.origins[whole] ?? .standard
    guard case .map(let kind) = spec.key.kind, case .map(let entries) = shownValue else {
      return [
        SettingRow(
          path: shown, value: shownValue, toml: spec.key.kind.toml(shownValue), origin: origin)
      ]
    }
    return entries.map { entry in
      let name = SettingValue.key(entry.key)
      return SettingRow(
        path: "\(shown).\(name)", value: entry.value, toml: kind.toml(entry.value),
        origin: loaded.origins["\(path).\(name)"] ?? origin)
    }
  }
}

extension SettingKey {
  /// Whether its entries may be secrets: the values of header fields.
  var isSecret: Bool { path == "backends[].headers" }

  /// The value, without what may be a secret.
  fileprivate func masked(_ value: SettingValue) -> SettingValue {
    guard isSecret, case .map(let entries) = value else { return value }
    return .map(entries.map { SettingEntry($0.key, .text("***")) })
  }
}
