extension SettingsTable {
  /// The options of `nexus serve` that set a key each, with the defaults in their help.
  static let options: [OptionSpec] = single.compactMap { spec in
    spec.key.flag.map { flag in
      let option = flag.option
      guard flag.constant == nil else { return option }
      return OptionSpec(
        option.name, short: option.short, value: option.value, repeats: option.repeats,
        choices: Choices(flag.kind ?? spec.key.kind, placeholder: option.value ?? ""),
        help: plainDefault(spec).map { "\(option.help) (\($0))" } ?? option.help)
    }
  }

  /// The default as a command line would say it, or nil if it needs many words.
  private static func plainDefault(_ spec: SettingSpec<Settings>) -> String? {
    switch spec.get(Settings()) {
    case .text(let text): text
    case .whole(let bytes): spec.key.kind.isSize ? SettingKind.size(bytes) : "\(bytes)"
    case .some(let value): value.toml
    case nil: spec.key.absence.flatMap { $0.count <= 40 ? $0 : nil }
    }
  }
}
