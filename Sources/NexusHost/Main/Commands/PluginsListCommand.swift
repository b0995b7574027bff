import Config
import Console
import Drivers
import Gateway
import HTTP
import Text

/// `nexus plugins list`: the drivers that the running gateway has loaded, or would load, and the files
/// that it would not.
enum PluginsListCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let answer: [UInt8]
    do {
      answer = try ask(invocation)
    } catch {
      Terminal.complain("Error: \(error)\n")
      return error.exitCode
    }
    guard let document = JSONDocument(answer) else { return ExitCode.failure }
    let refused = JSONRow.list(document, "refused")
    if invocation.has("--json") {
      Terminal.say(json: answer)
    } else {
      Terminal.say(table(document, Style(invocation)))
      for row in refused {
        Terminal.complain("Not loaded: \(row.text("file") ?? ""): \(row.text("reason") ?? "")\n")
      }
    }
    let directory = document.row.text("directory")
    let isMissing = refused.contains { $0.text("file") == directory }
    return isMissing ? ExitCode.failure : ExitCode.success
  }

  /// What a running gateway says; or, without one or if a directory is named, what is there.
  private static func ask(_ invocation: Invocation) throws(ControlError) -> [UInt8] {
    let settings: Settings
    do {
      settings = try Configuration(invocation).read().settings
    } catch {
      throw .misnamed(error.description)
    }
    if invocation.value("--plugins") == nil {
      do throws(ControlError) {
        return try ControlClient(invocation, configured: settings.server).call(.get, "/plugins")
      } catch {
        // None runs that this user could ask; if one is meant, it must answer.
        if FleetFacts.isNamed(invocation) { throw error }
      }
    }
    let directory = PluginDirectory.resolve(settings.plugins.directory)
    return PluginReport.json(DriverLoader.load(directory: directory))
  }

  private static func table(_ document: JSONDocument, _ style: Style) -> String {
    let drivers = JSONRow.list(document, "drivers")
    guard !drivers.isEmpty else {
      return "No drivers in \(document.row.text("directory") ?? "").\n"
    }
    var rows = [["ID", "VERSION", "STATE", "TYPES", "OPERATIONS", "FILE", "SHA-256"]]
    for driver in drivers {
      rows.append([
        driver.text("id") ?? "", driver.text("version") ?? "", driver.text("state") ?? "",
        driver.texts("types").joined(separator: ","),
        driver.texts("operations").joined(separator: ","), driver.text("file") ?? "",
        String((driver.text("sha256") ?? "").prefix(12)),
      ])
    }
    return TextTable.render(rows, width: style.width) { row, column, text in
      if row == 0 { return style.paint(text, .bold) }
      return column == 2 && text == "stale" ? style.paint(text, .yellow) : text
    }
  }
}
