/// A key with its default: what the reference pages are made of.
struct DocumentedKey {
  let key: SettingKey
  /// The default as TOML, or nil if there is none.
  let standard: String?

  /// Every key that does something, in the order of the documentation.
  static let all: [DocumentedKey] =
    (SettingsTable.single.map { DocumentedKey($0, Settings()) }
      + SettingsTable.trust.map { DocumentedKey($0, Settings.Trust()) }
      + SettingsTable.policy.map { DocumentedKey($0, Settings.Policy()) }
      + SettingsTable.backend.map { DocumentedKey($0, Settings.Backend.blank) })

  /// The sections in which there is such a key.
  static let sections = SettingsTable.sections.filter { !of($0).isEmpty }

  private init<Root>(_ spec: SettingSpec<Root>, _ root: Root) {
    key = spec.key
    let value = spec.get(root)
    let isNothing = spec.key.isRequired || value == .map([])
    standard = isNothing ? nil : value.map(spec.key.kind.toml)
  }

  /// The keys of a section.
  static func of(_ section: SettingSection) -> [DocumentedKey] {
    all.filter { $0.key.section == section.path }
  }

  /// What holds if nothing is written, for people.
  var standing: String {
    if key.isRequired { return "required" }
    return standard.map { "`\($0)`" } ?? key.absence ?? "none"
  }

  /// Sentences on other ways to set the key, and on what a change takes.
  var notes: [String] {
    var notes: [String] = []
    var ways: [String] = []
    if let flag = key.flag {
      ways.append("option `\(flag.option.name)`" + (flag.option.short.map { ", `\($0)`" } ?? ""))
    }
    if let variable = key.variable { ways.append("variable `\(variable)`") }
    if !ways.isEmpty { notes.append("Also by \(ways.joined(separator: " or ")).") }
    if !key.isLive { notes.append("A change needs a restart.") }
    return notes
  }
}

extension SettingSection {
  /// The header as a file writes it: "[server]", "[[backends]]".
  var header: String { isArray ? "[[\(path.dropLast(2))]]" : "[\(path)]" }
}
