/// What there is to know about a key, apart from its value: documentation, help, completion and the
/// messages about mistakes come from it.
public struct SettingKey: Equatable, Sendable {
  /// The key with its sections: "server.port", "backends[].url".
  public let path: String
  public let kind: SettingKind
  /// What it does, in one or two whole sentences.
  public let meaning: String
  /// Whether a table of the array must have it.
  public let isRequired: Bool
  /// Whether a change takes effect without a restart.
  public let isLive: Bool
  /// Environment variable that sets it too, or nil.
  public let variable: String?
  /// Option of `nexus serve` that sets it too, or nil.
  public let flag: SettingFlag?
  /// Old names of the key in the same table; they count, with a notice.
  public let synonyms: [String]
  /// What holds as long as nothing is set and `Settings` has no value for it: "one per core".
  public let absence: String?
  /// A value for the sample file and the documentation, as TOML, if the default is none.
  public let example: String?

  /// Whether the entries of its table may be secrets, as the values of header fields may.
  var isSecret: Bool { ["backends[].headers", "traces.headers"].contains(path) }

  /// The last part of the path: "port".
  public var name: String { path.split(separator: ".").last.map(String.init) ?? path }

  /// The path without its last part: "server", "backends[]".
  public var section: String { path.split(separator: ".").dropLast().joined(separator: ".") }
}

/// An option of `nexus serve` that sets a key.
public struct SettingFlag: Equatable, Sendable {
  /// The option; its help is completed by the default.
  public let option: OptionSpec
  /// What it takes, if that is not what a file may say.
  public let kind: SettingKind?
  /// The value that it means if it takes none itself: `--no-discovery` means false.
  public let constant: SettingValue?

  /// An option with a value.
  static func value(
    _ name: String, short: String? = nil, _ value: String, _ help: String,
    as kind: SettingKind? = nil
  ) -> SettingFlag {
    SettingFlag(
      option: OptionSpec(name, short: short, value: value, help: help), kind: kind, constant: nil)
  }

  /// An option without one, that switches the key off.
  static func off(_ name: String, synonyms: [String] = [], _ help: String) -> SettingFlag {
    SettingFlag(
      option: OptionSpec(name, synonyms: synonyms, help: help), kind: nil, constant: .flag(false))
  }
}
