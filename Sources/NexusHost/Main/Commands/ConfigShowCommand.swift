import Config
import Text

/// `nexus config show`: what is configured, and where each value comes from.
enum ConfigShowCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let configuration = try Configuration(invocation)
    guard let loaded = configuration.load() else { return ExitCode.failure }
    let rows = SettingRow.all(loaded)
    if invocation.has("--json") {
      Terminal.say(json(rows))
    } else {
      Terminal.say(table(rows, Style(invocation)))
    }
    return ExitCode.success
  }

  private static func table(_ rows: [SettingRow], _ style: Style) -> String {
    let cells = rows.map { [$0.path, $0.toml, $0.origin.description] }
    return TextTable.render([["KEY", "VALUE", "FROM"]] + cells) { row, column, text in
      if row == 0 { return style.paint(text, .bold) }
      let isDefault = rows[row - 1].origin == .standard
      return column == 2 && isDefault ? style.paint(text, .dim) : text
    }
  }

  private static func json(_ rows: [SettingRow]) -> String {
    let bytes = JSONText.object { text in
      text.array("settings") { list in
        for row in rows {
          list.object { item in
            item.member("key", row.path)
            item.member("value", row.value)
            item.member("from", row.origin.description)
          }
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }
}
