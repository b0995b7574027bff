import Config
import HTTP
import Text

/// `nexus log-level`: shows or changes what a running gateway logs.
enum LogLevelCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    try RunningGateway.perform(invocation) { client throws(ControlError) in
      let answer: JSONDocument
      if let levels = invocation.operands.first {
        let body = JSONText.object { $0.member("levels", levels) }
        answer = try client.json(.put, "/log-level", body: body)
      } else {
        answer = try client.json(.get, "/log-level")
      }
      if invocation.has("--json") {
        Terminal.say(json: answer.bytes)
      } else {
        Terminal.say("\(answer.row.text("log_levels") ?? "")\n")
      }
      return ExitCode.success
    }
  }
}
