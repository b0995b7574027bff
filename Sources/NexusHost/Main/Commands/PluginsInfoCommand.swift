import Config
import Drivers
import Text

/// `nexus plugins info FILE`: what a driver file says about itself, without running it.
enum PluginsInfoCommand {
  static func run(_ invocation: Invocation) -> Int32 {
    let path = invocation.operands.first ?? ""
    do {
      let inspection = try DriverInspector.inspect(path: path)
      if invocation.has("--json") {
        Terminal.say(json: json(inspection))
      } else {
        Terminal.say(table(inspection))
      }
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

  private static func json(_ inspection: DriverInspection) -> [UInt8] {
    JSONText.object { text in
      text.member("file", inspection.path)
      for entry in inspection.note?.entries ?? [] where !own.contains(entry.key) {
        if lists.contains(entry.key) {
          text.array(entry.key) {
            for item in inspection.note?.list(entry.key) ?? [] { $0.value(item) }
          }
        } else {
          text.member(entry.key, entry.value)
        }
      }
      text.member("size", inspection.size)
      text.member("sha256", inspection.sha256)
    }
  }

  // Members that are ours: a note that has such a key cannot write them a second time.
  private static let own: Set<String> = ["file", "size", "sha256"]
}
