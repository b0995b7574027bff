import Config
import HTTP
import Text

/// `nexus reload`: has a running gateway read its configuration again, and tells what changed.
enum ReloadCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    // The file may be what is wrong; the gateway itself says so best.
    do throws(ControlError) {
      let answer = try ControlClient(invocation).json(.post, "/reload")
      if invocation.has("--json") {
        Terminal.say(json: answer.bytes)
      } else {
        tell(answer.row)
      }
      return ExitCode.success
    } catch {
      guard case .answered(_, _, _, let body) = error, let document = JSONDocument(body) else {
        Terminal.complain("Error: \(error)\n")
        return error.exitCode
      }
      for fault in document.row.texts("faults") { Terminal.complain("\(fault)\n") }
      Terminal.complain("Error: \(error)\n")
      return error.exitCode
    }
  }

  private static func tell(_ row: JSONRow) {
    for warning in row.texts("warnings") { Terminal.complain("\(warning)\n") }
    let changed = row.texts("changed")
    Terminal.say(changed.isEmpty ? "Nothing has changed.\n" : "Changed:\n")
    for line in changed { Terminal.say("  \(line)\n") }
    let waiting = row.texts("restart_needed")
    guard !waiting.isEmpty else { return }
    Terminal.say("Waiting for a restart:\n")
    for line in waiting { Terminal.say("  \(line)\n") }
  }
}
