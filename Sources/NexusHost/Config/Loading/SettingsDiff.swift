import HTTP
import Text

/// A key whose value is another one after a reload.
public struct SettingChange: Equatable, Sendable {
  /// "server.max_body", "backends.gpu" for a whole backend, "backends.gpu.priority",
  /// "routing.aliases.gpt-4", "routing.policies".
  public let path: String
  /// The value before as TOML, or nil if there was none.
  public let old: String?
  /// The value after as TOML, or nil if there is none.
  public let new: String?
  /// Whether it takes effect without a restart.
  public let isLive: Bool

  /// A line for the log: "server.port: 8000 → 9000".
  public var text: String { "\(path): \(old ?? "nothing") → \(new ?? "nothing")" }
}

extension Settings {
  /// What is different in `new`, in the order of the documentation, then backends in the order of
  /// `new` with those that are gone before them. Empty if both mean the same, except that another
  /// order of backends is one change.
  public static func diff(from old: Settings, to new: Settings) -> [SettingChange] {
    var changes = SettingsTable.single.flatMap { spec in
      change(spec.key, at: spec.key.path, spec.get(old), spec.get(new))
    }
    changes += change(
      SettingsTable.trust, at: "discovery.trust", old.discovery.trust, new.discovery.trust)
    changes += change(
      SettingsTable.policy, at: "routing.policies", old.routing.policies, new.routing.policies)
    return changes + backendChanges(old.backends, new.backends)
  }

  private static func backendChanges(_ old: [Backend], _ new: [Backend]) -> [SettingChange] {
    let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
    let names = Set(new.map(\.name))
    var changes = old.filter { !names.contains($0.name) }.map {
      SettingChange(path: path($0), old: $0.endpoint.url, new: nil, isLive: true)
    }
    for backend in new {
      guard let former = before[backend.name] else {
        changes.append(
          SettingChange(path: path(backend), old: nil, new: backend.endpoint.url, isLive: true))
        continue
      }
      for spec in SettingsTable.backend {
        changes += change(
          spec.key, at: "\(path(backend)).\(spec.key.name)", spec.get(former), spec.get(backend))
      }
    }
    let common = old.map(\.name).filter(names.contains)
    let after = new.map(\.name).filter { before[$0] != nil }
    if common != after {
      changes.append(
        SettingChange(
          path: "backends", old: SettingValue.list(common).toml,
          new: SettingValue.list(after).toml, isLive: true))
    }
    return changes
  }

  private static func path(_ backend: Backend) -> String {
    "backends.\(SettingValue.key(backend.name))"
  }

  /// The change of a key; of a table, one for each entry.
  private static func change(
    _ key: SettingKey, at path: String, _ old: SettingValue?, _ new: SettingValue?
  ) -> [SettingChange] {
    guard old != new else { return [] }
    guard case .map(let kind) = key.kind, case .map(let before)? = old, case .map(let after)? = new
    else {
      return [
        SettingChange(
          path: path, old: old.map(key.kind.toml), new: new.map(key.kind.toml),
          isLive: key.isLive)
      ]
    }
    func shown(_ value: SettingValue) -> String {
      key.isSecret ? SecretScrub.mark : kind.toml(value)
    }
    var changes: [SettingChange] = []
    for entry in before where !after.contains(where: { $0.key == entry.key }) {
      changes.append(
        SettingChange(
          path: "\(path).\(SettingValue.key(entry.key))", old: shown(entry.value), new: nil,
          isLive: key.isLive))
    }
    for entry in after {
      let former = before.first { $0.key == entry.key }?.value
      guard former != entry.value else { continue }
      changes.append(
        SettingChange(
          path: "\(path).\(SettingValue.key(entry.key))", old: former.map(shown),
          new: shown(entry.value), isLive: key.isLive))
    }
    return changes
  }

  /// The change of an array of tables, as a whole: their order counts.
  private static func change<Table: Equatable>(
    _ specs: [SettingSpec<Table>], at path: String, _ old: [Table], _ new: [Table]
  ) -> [SettingChange] {
    guard old != new else { return [] }
    func toml(_ tables: [Table]) -> String {
      let texts = tables.map { table in
        SettingValue.map(
          specs.compactMap { spec in spec.get(table).map { SettingEntry(spec.key.name, $0) } }
        ).toml
      }
      return "[\(texts.joined(separator: ", "))]"
    }
    return [SettingChange(path: path, old: toml(old), new: toml(new), isLive: true)]
  }
}
