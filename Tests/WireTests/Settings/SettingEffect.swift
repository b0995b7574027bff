import Testing

/// Proof that a key of the configuration does something: gateways whose files differ in this key
/// alone behave differently.
struct SettingEffect: Sendable, CustomTestStringConvertible {
  /// A value, and what a gateway with it is seen to do.
  struct Sight: Sendable {
    /// As TOML; nil leaves the key out. `{folder}`, `{port}` and the like stand for what a trial
    /// knows.
    let value: String?
    let seen: String
  }

  /// As the reference names it: "server.max_body", "backends[].zone".
  let key: String
  /// Of values that set a time, the first is the short one.
  let sights: [Sight]
  /// Starts a gateway by the trial and says what it does.
  let observe: @Sendable (SettingTrial) throws -> String

  /// Each pair is a value as TOML, "" for none, and what is seen then.
  init(
    _ key: String, _ sights: KeyValuePairs<String, String>,
    observe: @escaping @Sendable (SettingTrial) throws -> String
  ) {
    self.key = key
    self.sights = sights.map { Sight(value: $0.isEmpty ? nil : $0, seen: $1) }
    self.observe = observe
  }

  var testDescription: String { key }

  /// All of them.
  static let all =
    server + connections + upstream + surroundings + health + routing + weights + policies
    + queue + quality + circuit + budget + lifecycle + logging + backends + fleet + history
    + multicast + dashboard + traces
}
