import Config
import Drivers
import Text

/// `nexus plugins info FILE`: what a driver file says about itself, without running it.
enum PluginsInfoCommand {
  static func run(_ invocation: Invocation) -> Int32 {
    let path = invocation.operands.first ?? ""
    do {
      let inspection = try DriverInspector.inspect(path: path)
      Terminal.say(invocation.has("--json") ? json(inspection) : table(inspection))
      return ExitCode.success
    } catch {
      Terminal.complain("Error: \(error)\n")
      return ExitCode.failure
    }
  }

  private static func table(_ inspection: DriverInspection) -> String {
    var rows = [["file", inspection.path]]
    for entry in inspection.note?.entries ?? [] { rows.append([entry.key, entry.value]) }
    if inspection.note == nil { rows.append(["note", "none: the file does not say what it is"]) }
    rows.append(["size", "\(inspection.size) bytes"])
    rows.append(["sha256", inspection.sha256])
    return TextTable.render(rows)
  }

  private static let lists: Set<String> = ["types", "operations", "ports", "services"]

  private static func json(_ inspection: DriverInspection) -> String {
    var object = JSONText()
    object.open("{")
    object.field("file", inspection.path)
    if let note = inspection.note {
      for entry in note.entries {
        if lists.contains(entry.key) {
          object.field(entry.key, note.list(entry.key))
        } else {
          object.field(entry.key, entry.value)
        }
      }
    }
    object.field("size", Int64(inspection.size))
    object.field("sha256", inspection.sha256)
    object.close("}")
    return object.text
  }
}
