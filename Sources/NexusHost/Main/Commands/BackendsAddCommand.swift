import Config
import HTTP
import Text

/// `nexus backends add`: tells a running gateway of another backend.
enum BackendsAddCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    if invocation.has("--type"), invocation.has("--backend-type") {
      throw UsageError("'--type' and '--backend-type' are the same; give one of them.")
    }
    let priority = try number("--priority", invocation)
    let tier = try number("--tier", invocation)
    let concurrent = try number("--max-concurrent", invocation)
    let type = invocation.value("--type") ?? invocation.value("--backend-type")
    let body = JSONText.object { text in
      text.member("url", invocation.operands.first ?? "")
      if let name = invocation.value("--name") { text.member("name", name) }
      if let type { text.member("type", type) }
      if let priority { text.member("priority", priority) }
      if let zone = invocation.value("--zone") { text.member("zone", zone) }
      if let tier { text.member("tier", tier) }
      if let key = invocation.value("--api-key-env") { text.member("api_key_env", key) }
      if let concurrent { text.member("max_concurrent", concurrent) }
    }
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      let progress = Progress("Looking at the server")
      let answer: JSONDocument
      do throws(ControlError) {
        answer = try client.json(.post, "/backends", body: body)
      } catch {
        progress.end()
        throw error
      }
      progress.end()
      if invocation.has("--json") { Terminal.say(json: answer.bytes) } else { tell(answer.row) }
      return ExitCode.success
    }
  }

  private static func tell(_ row: JSONRow) {
    let type = row.text("type") ?? "a server of unknown type"
    let status = row.text("status") ?? "unknown"
    var line = "Added backend '\(row.text("name") ?? "")' as \(type): \(status)"
    if let count = row.number("model_count"), count > 0 {
      line += ", \(count) model\(count == 1 ? "" : "s")"
    }
    Terminal.say(TextTable.printable(line) + "\n")
    if let error = row.text("last_error") {
      Terminal.complain(TextTable.printable("It does not serve yet: \(error)") + "\n")
    }
  }

  private static func number(
    _ option: String, _ invocation: Invocation
  ) throws(UsageError) -> Int? {
    guard let text = invocation.value(option) else { return nil }
    guard let number = Int(text) else {
      throw UsageError("'\(option) \(text)': give a whole number.")
    }
    return number
  }
}
