import Config
import Console

/// `nexus config show`: what is configured, and where each value comes from.
enum ConfigShowCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let configuration = try Configuration(invocation)
    guard let loaded = configuration.load() else { return ExitCode.failure }
    if invocation.has("--json") {
      Terminal.say(json: loaded.json())
    } else {
      Terminal.say(table(loaded.effective(), Style(invocation)))
    }
    return ExitCode.success
  }

  /// What is set, by anybody or by default.
  private static func table(_ settings: [EffectiveSetting], _ style: Style) -> String {
    let rows = settings.compactMap { setting in
      setting.toml.map { [setting.path, $0, setting.origin.description] }
    }
    return TextTable.render([["KEY", "VALUE", "FROM"]] + rows, width: style.width) {
      row, column, text in
      if row == 0 { return style.paint(text, .bold) }
      return column == 2 && text == SettingOrigin.standard.description
        ? style.paint(text, .dim) : text
    }
  }
}
