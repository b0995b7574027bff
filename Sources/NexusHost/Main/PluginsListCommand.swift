import Config
import Drivers
import Text

/// `nexus plugins list`: the drivers that a gateway would load, and the files that it would not.
enum PluginsListCommand {
  static func run(_ invocation: Invocation) -> Int32 {
    let directory = PluginDirectory.resolve(invocation.value("--plugins"))
    let catalogue = DriverLoader.load(directory: directory)
    if invocation.has("--json") {
      Terminal.say(json(catalogue))
    } else {
      Terminal.say(table(catalogue))
      for refusal in catalogue.refusals {
        Terminal.complain("Not loaded: \(refusal.path): \(refusal.reason)\n")
      }
    }
    let isMissing = catalogue.refusals.contains { $0.path == directory }
    return isMissing ? ExitCode.failure : ExitCode.success
  }

  private static func table(_ catalogue: DriverCatalogue) -> String {
    guard !catalogue.drivers.isEmpty else { return "No drivers in \(catalogue.directory).\n" }
    var rows = [["ID", "VERSION", "TYPES", "OPERATIONS", "FILE", "SHA-256"]]
    for driver in catalogue.drivers.map(\.descriptor) {
      rows.append([
        driver.id, driver.version, driver.types.joined(separator: ","),
        driver.operations.kinds.map(\.name).joined(separator: ","), driver.path,
        String(driver.sha256.prefix(12)),
      ])
    }
    return TextTable.render(rows)
  }

  private static func json(_ catalogue: DriverCatalogue) -> String {
    var object = JSONText()
    object.open("{")
    object.field("directory", catalogue.directory)
    object.key("drivers")
    object.open("[")
    for driver in catalogue.drivers.map(\.descriptor) { append(driver, to: &object) }
    object.close("]")
    object.key("refused")
    object.open("[")
    for refusal in catalogue.refusals {
      object.open("{")
      object.field("file", refusal.path)
      object.field("reason", refusal.reason)
      object.close("}")
    }
    object.close("]")
    object.close("}")
    return object.text
  }

  private static func append(_ driver: DriverDescriptor, to object: inout JSONText) {
    object.open("{")
    object.field("id", driver.id)
    object.field("version", driver.version)
    object.field("summary", driver.summary)
    object.field("licence", driver.licence)
    object.field("abi", "\(driver.abiMajor).\(driver.abiMinor)")
    object.field("types", driver.types)
    object.field("operations", driver.operations.kinds.map(\.name))
    object.field("relayed", driver.relayed.kinds.map(\.name))
    object.field("ports", driver.ports.map { Int64($0) })
    object.field("services", driver.services)
    object.field("file", driver.path)
    object.field("sha256", driver.sha256)
    object.close("}")
  }
}
