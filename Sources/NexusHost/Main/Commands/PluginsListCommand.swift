import Config
import Console
import Drivers
import Text

/// `nexus plugins list`: the drivers that a gateway would load, and the files that it would not.
enum PluginsListCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let settings = try Configuration(invocation).read().settings
    let directory = PluginDirectory.resolve(settings.plugins.directory)
    let catalogue = DriverLoader.load(directory: directory)
    if invocation.has("--json") {
      Terminal.say(json: json(catalogue))
    } else {
      Terminal.say(table(catalogue, Style(invocation)))
      for refusal in catalogue.refusals {
        Terminal.complain("Not loaded: \(refusal.path): \(refusal.reason)\n")
      }
    }
    let isMissing = catalogue.refusals.contains { $0.path == directory }
    return isMissing ? ExitCode.failure : ExitCode.success
  }

  private static func table(_ catalogue: DriverCatalogue, _ style: Style) -> String {
    guard !catalogue.drivers.isEmpty else { return "No drivers in \(catalogue.directory).\n" }
    var rows = [["ID", "VERSION", "TYPES", "OPERATIONS", "FILE", "SHA-256"]]
    for driver in catalogue.drivers.map(\.descriptor) {
      rows.append([
        driver.id, driver.version, driver.types.joined(separator: ","),
        driver.operations.kinds.map(\.name).joined(separator: ","), driver.path,
        String(driver.sha256.prefix(12)),
      ])
    }
    return TextTable.render(rows, width: style.width) { row, _, text in
      row == 0 ? style.paint(text, .bold) : text
    }
  }

  private static func json(_ catalogue: DriverCatalogue) -> [UInt8] {
    JSONText.object { text in
      text.member("directory", catalogue.directory)
      text.array("drivers") { list in
        for driver in catalogue.drivers { append(driver.descriptor, to: &list) }
      }
      text.array("refused") { list in
        for refusal in catalogue.refusals {
          list.object {
            $0.member("file", refusal.path)
            $0.member("reason", refusal.reason)
          }
        }
      }
    }
  }

  private static func append(_ driver: DriverDescriptor, to list: inout JSONText) {
    list.object { text in
      text.member("id", driver.id)
      text.member("version", driver.version)
      text.member("summary", driver.summary)
      text.member("licence", driver.licence)
      text.member("abi", "\(driver.abiMajor).\(driver.abiMinor)")
      text.array("types") { for type in driver.types { $0.value(type) } }
      text.array("operations") { for kind in driver.operations.kinds { $0.value(kind.name) } }
      text.array("relayed") { for kind in driver.relayed.kinds { $0.value(kind.name) } }
      text.array("ports") { for port in driver.ports { $0.value(Int(port)) } }
      text.array("services") { for service in driver.services { $0.value(service) } }
      text.member("file", driver.path)
      text.member("sha256", driver.sha256)
    }
  }
}
