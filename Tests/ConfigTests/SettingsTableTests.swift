import HTTP
import Testing

@testable import Config

/// The table knows every field, and everything is known of every key.
struct SettingsTableTests {
  @Test func everyFieldOfTheSettingsHasAKey() throws {
    try expectAllChange(
      SettingsTable.single, Settings(), except: ["backends", "routing.policies", "discovery.trust"])
    try expectAllChange(SettingsTable.trust, Settings.Trust(), except: [])
    try expectAllChange(SettingsTable.policy, Settings.Policy(), except: [])
    try expectAllChange(SettingsTable.backend, Settings.Backend.blank, except: [])
  }

  /// Sets every key and demands that no field kept its default.
  private func expectAllChange<Root>(
    _ specs: [SettingSpec<Root>], _ root: Root, except: Set<String>
  ) throws {
    let before = leaves(root)
    let after = leaves(try SettingSamples.all(specs, root))
    for (path, value) in before where !except.contains(path) {
      #expect(after[path] != value, "no key sets \(Root.self).\(path)")
    }
  }

  private func leaves(_ value: Any, _ path: String = "") -> [String: String] {
    if let endpoint = value as? Endpoint {
      return ["\(path).url": endpoint.url, "\(path).caFile": endpoint.caFile ?? ""]
    }
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .struct, !mirror.children.isEmpty else {
      return [path: String(reflecting: value)]
    }
    return mirror.children.reduce(into: [:]) { leaves, child in
      let name = child.label ?? "?"
      leaves.merge(self.leaves(child.value, path.isEmpty ? name : "\(path).\(name)")) { $1 }
    }
  }

  @Test func aValueComesOutAsItWentIn() throws {
    func check<Root>(_ specs: [SettingSpec<Root>], _ root: Root) throws {
      for spec in specs {
        let value = SettingSamples.value(spec.key, unlike: spec.get(root))
        var changed = root
        try spec.set(&changed, value)
        #expect(spec.get(changed) == value, "\(spec.key.path)")
        #expect(spec.get(root) != value, "\(spec.key.path)")
      }
    }
    try check(SettingsTable.single, Settings())
    try check(SettingsTable.trust, Settings.Trust())
    try check(SettingsTable.policy, Settings.Policy())
    try check(SettingsTable.backend, Settings.Backend.blank)
  }

  @Test func theDefaultsAreWithinTheirRanges() throws {
    for spec in SettingsTable.single {
      guard let value = spec.get(Settings()), value != .map([]) else { continue }
      let section = "[\(spec.key.section)]\n\(spec.key.name) = \(spec.key.kind.toml(value))\n"
      let loaded = SettingsLoader.load(file: .init(name: "a", bytes: Array(section.utf8)))
      #expect(loaded.diagnostics.isEmpty, "\(spec.key.path)")
      #expect(loaded.settings == Settings())
    }
  }

  @Test func everyKeyIsDocumented() {
    let keys = SettingsTable.keys
    #expect(Set(keys.map(\.path)).count == keys.count)
    let sections = Set(SettingsTable.sections.map(\.path))
    for key in keys {
      #expect(key.meaning.hasSuffix("."), "\(key.path)")
      #expect(sections.contains(key.section), "\(key.path)")
      #expect(!UnusedKeys.unknown.contains(key.path), "\(key.path)")
    }
    for documented in DocumentedKey.all where documented.standard == nil {
      #expect(documented.key.example != nil, "\(documented.key.path) needs an example")
    }
    let flags = keys.compactMap(\.flag?.option.name)
    #expect(Set(flags).count == flags.count)
    let variables = keys.compactMap(\.variable)
    #expect(Set(variables).count == variables.count)
  }

  @Test func aFileCanSetEveryKey() throws {
    let text = try SettingSamples.file()
    let loaded = SettingsLoader.load(file: .init(name: "a.toml", bytes: Array(text.utf8)))
    // That both places of a key are named is the one thing that is wrong.
    #expect(loaded.errors.map(\.path) == ["backends[0].api_key_file"])
    #expect(loaded.warnings.isEmpty)
    for spec in SettingsTable.single {
      let value = SettingSamples.value(spec.key, unlike: spec.get(Settings()))
      #expect(spec.get(loaded.settings) == value, "\(spec.key.path)")
    }
    let backend = try #require(loaded.settings.backends.first)
    #expect(backend == (try SettingSamples.all(SettingsTable.backend, Settings.Backend.blank)))
    let policy = try #require(loaded.settings.routing.policies.first)
    #expect(policy == (try SettingSamples.all(SettingsTable.policy, Settings.Policy())))
    for row in loaded.effective() { #expect(row.origin != .standard, "\(row.path)") }
  }

  @Test func sizesAreReadAndWritten() {
    for (text, bytes) in [
      ("10MiB", 10 << 20), ("1024", 1_024), ("4k", 4_096), ("1MB", 1_000_000), ("2GiB", 2 << 30),
      ("7B", 7),
    ] { #expect(SettingKind.bytes(text) == bytes) }
    for text in ["", "MiB", "1.5MiB", "-1", "10XB", "99999999999999999999", "9223372036854775807k"]
    {
      #expect(SettingKind.bytes(text) == nil)
    }
    for bytes in [0, 1, 1_023, 1_024, 10 << 20, (10 << 20) + 1, 3 << 30] {
      #expect(SettingKind.bytes(SettingKind.size(bytes)) == bytes)
    }
  }
}
