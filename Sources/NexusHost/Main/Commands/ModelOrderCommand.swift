import Config
import HTTP
import Text

/// `nexus models load`, `unload` and `migrate`: has the gateway change where a model is in memory, and
/// watches until that is done.
enum ModelOrderCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let (target, body) = try order(invocation)
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      let answer = try client.json(.post, target, body: body)
      if invocation.has("--no-wait"), !JobText.isOver(answer.row) {
        if invocation.has("--json") {
          Terminal.say(json: answer.bytes)
        } else {
          let id = answer.row.text("operation_id") ?? ""
          Terminal.say("\(JobText.task(answer.row)): begun as \(id).\n")
        }
        return ExitCode.success
      }
      return try JobWatch(client, isJSON: invocation.has("--json")).follow(answer)
    }
  }

  /// The path and the body of what is asked.
  private static func order(_ invocation: Invocation) throws(UsageError) -> (String, [UInt8]) {
    let model = invocation.operands.first ?? ""
    switch invocation.command {
    case Commands.modelsMigrate:
      guard let source = invocation.value("--from"), let target = invocation.value("--to") else {
        throw UsageError(
          "'nexus models migrate' needs --from and --to: nexus models migrate MODEL --from NAME --to"
            + " NAME.")
      }
      let body = JSONText.object { text in
        text.member("model_id", model)
        text.member("source_backend_id", source)
        text.member("target_backend_id", target)
        text.member("make_room", invocation.has("--make-room"))
        text.member("unload_source", !invocation.has("--keep-source"))
      }
      return ("/models/migrate", body)
    case Commands.modelsUnload:
      return ("/models/unload", placed(model, invocation, flag: "force", option: "--force"))
    default:
      return ("/models/load", placed(model, invocation, flag: "make_room", option: "--make-room"))
    }
  }

  private static func placed(
    _ model: String, _ invocation: Invocation, flag: String, option: String
  ) -> [UInt8] {
    JSONText.object { text in
      text.member("model_id", model)
      if let backend = invocation.value("--backend") { text.member("backend_id", backend) }
      text.member(flag, invocation.has(option))
    }
  }
}
