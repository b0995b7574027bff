import Drivers
import Text

/// The body of `GET /plugins` on the control socket, and what `nexus plugins list --json` prints.
public enum PluginReport {
  /// The drivers of a directory, those that are stale, and what was refused and why.
  public static func json(_ catalogue: DriverCatalogue) -> [UInt8] {
    JSONText.object { text in
      text.member("directory", catalogue.directory)
      text.array("drivers") { list in
        for driver in catalogue.drivers {
          append(driver.descriptor, catalogue.staleness(of: driver), to: &list)
        }
      }
      text.array("refused") { list in
        for refusal in catalogue.refusals {
          list.object {
            $0.member("file", refusal.path)
            $0.member("reason", refusal.reason)
            $0.member("keeps_old", refusal.keepsOld)
          }
        }
      }
    }
  }

  private static func append(
    _ driver: DriverDescriptor, _ staleness: String?, to list: inout JSONText
  ) {
    list.object { text in
      text.member("id", driver.id)
      text.member("version", driver.version)
      text.member("state", (staleness == nil ? "loaded" : "stale") as StaticString)
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
