import Testing

@testable import Config

struct SettingsDiffTests {
  private func settings(_ toml: String) -> Settings {
    SettingsLoader.load(file: ConfigurationFile(name: "n", bytes: Array(toml.utf8))).settings
  }

  private func diff(_ old: String, _ new: String) -> [String] {
    Settings.diff(from: settings(old), to: settings(new)).map(\.text)
  }

  @Test func everyKeyIsSeen() throws {
    for spec in SettingsTable.single {
      var new = Settings()
      let value = SettingSamples.value(spec.key, unlike: spec.get(new))
      try spec.set(&new, value)
      let changes = Settings.diff(from: Settings(), to: new)
      #expect(changes.count == 1, "\(spec.key.path)")
      #expect(changes.first?.path.hasPrefix(spec.key.path) == true)
      #expect(changes.first?.isLive == spec.key.isLive)
      #expect(Settings.diff(from: new, to: new).isEmpty)
    }
  }

  @Test func changesAreToldByKey() {
    #expect(
      diff(
        """
        [server]
        max_body = "1MiB"
        threads = 2
        [routing.aliases]
        gone = "x"
        other = "x"
        """,
        """
        [server]
        max_body = 2048
        [routing.aliases]
        "n.ew" = "y"
        other = "z"
        """) == [
          "server.threads: 2 → nothing", "server.max_body: \"1MiB\" → \"2KiB\"",
          "routing.aliases.gone: \"x\" → nothing", "routing.aliases.\"n.ew\": nothing → \"y\"",
          "routing.aliases.other: \"x\" → \"z\"",
        ])
  }

  @Test func backendsAreToldByName() {
    let a = "[[backends]]\nname = \"a\"\nurl = \"http://a\"\n"
    let b = "[[backends]]\nname = \"b\"\nurl = \"http://b\"\n"
    #expect(diff(a, a + b) == ["backends.b: nothing → http://b"])
    #expect(diff(a + b, b) == ["backends.a: http://a → nothing"])
    #expect(diff(a + b, b + a) == ["backends: [\"a\", \"b\"] → [\"b\", \"a\"]"])
    #expect(
      diff(a, a + "priority = 3\nheaders = { x-a = \"v\" }\n") == [
        "backends.a.priority: 50 → 3", "backends.a.headers.x-a: nothing → ***",
      ])
  }

  @Test func policiesAreToldAsAWhole() {
    let changes = diff("", "[[routing.policies]]\nmodel_pattern = \"a\"\nprivacy = \"restricted\"")
    #expect(
      changes == [
        "routing.policies: [] → [{ model_pattern = \"a\", privacy = \"restricted\","
          + " fallback_allowed = true }]"
      ])
  }
}
