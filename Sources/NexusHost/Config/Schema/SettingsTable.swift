/// Every key of the configuration, each declared once: reading the file, the environment and the
/// command line, checks, the sample file, the reference pages and the schema for editors come from
/// here.
public enum SettingsTable {
  /// Keys that stand once in a file, in the order of the documentation.
  public static let single: [SettingSpec<Settings>] =
    server + upstream + plugins + discovery + healthCheck + routing + budget + queue + quality
    + circuit + lifecycle + fleet + history + dashboard + traces + logging

  /// Keys of all tables, arrays of tables included.
  public static let keys: [SettingKey] =
    single.map(\.key) + trust.map(\.key) + policy.map(\.key) + backend.map(\.key)

  /// The sections in the order of the documentation, arrays of tables with "[]" behind their name.
  public static let sections: [SettingSection] = [
    SettingSection("server", "The side of the clients."),
    SettingSection("upstream", "The side of the backends."),
    SettingSection("plugins", "The drivers, which know how kinds of servers speak."),
    SettingSection("discovery", "Backends that nobody named."),
    SettingSection(
      "discovery.trust[]",
      """
      Found servers that are one's own. All that a table says must hold; the first table that fits \
      decides. Without one, what is found on other machines is in the zone `open`. Anybody in a \
      network can call a server by any name, so that a name alone proves nothing. A mistake here \
      always stops the start.
      """),
    SettingSection("health_check", "How backends are watched."),
    SettingSection("routing", "Where requests go."),
    SettingSection(
      "routing.weights",
      "What counts how much under the strategy `smart`. Only the proportions matter."),
    SettingSection("routing.budget", "What may be spent in a calendar month (UTC)."),
    SettingSection(
      "routing.policies[]",
      """
      Rules for the models of a pattern. The first table whose pattern matches decides; without a \
      match nothing is restricted. A mistake in a policy always stops the start.
      """),
    SettingSection("queue", "Requests that wait for a backend."),
    SettingSection("quality", "How backends that answer badly are avoided."),
    SettingSection("circuit", "When backends that fail are left alone."),
    SettingSection("lifecycle", "How models are brought into memory and out of it."),
    SettingSection("fleet", "What is learned from use about which models to keep where."),
    SettingSection("history", "The requests of the past."),
    SettingSection("dashboard", "The live view, for people and programs."),
    SettingSection("traces", "Spans of requests that are sent to a collector of OpenTelemetry."),
    SettingSection("logging", "What the log says."),
    SettingSection(
      "backends[]", "The servers to route to, in the order of preference among equals."),
  ]
}

/// A section of the file, or an array of tables.
public struct SettingSection: Equatable, Sendable {
  /// "server", "routing.policies[]".
  public let path: String
  /// What it is about, in whole sentences.
  public let meaning: String

  /// Whether it may stand more than once.
  public var isArray: Bool { path.hasSuffix("[]") }

  init(_ path: String, _ meaning: String) {
    self.path = path
    self.meaning = meaning
  }
}
