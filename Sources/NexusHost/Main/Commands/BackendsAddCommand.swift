import Config
import HTTP
import Text

/// `nexus backends add`: tells a running gateway of another backend, or writes it into the file.
enum BackendsAddCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let body = try description(invocation)
    if invocation.has("--save") { return try save(body, invocation) }
    let code = try RunningGateway.perform(invocation) { client throws(ControlError) in
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
    if code == ExitCode.unreachable {
      Terminal.complain("With --save it is written into the configuration file instead.\n")
    }
    return code
  }

  /// The backend as the command line describes it.
  private static func description(_ invocation: Invocation) throws(UsageError) -> [UInt8] {
    if invocation.has("--type"), invocation.has("--backend-type") {
      throw UsageError("'--type' and '--backend-type' are the same; give one of them.")
    }
    let priority = try number("--priority", invocation)
    let tier = try number("--tier", invocation)
    let concurrent = try number("--max-concurrent", invocation)
    let type = invocation.value("--type") ?? invocation.value("--backend-type")
    return JSONText.object { text in
      text.member("url", invocation.operands.first ?? "")
      if let name = invocation.value("--name") { text.member("name", name) }
      if let type { text.member("type", type) }
      if let priority { text.member("priority", priority) }
      if let zone = invocation.value("--zone") { text.member("zone", zone) }
      if let tier { text.member("tier", tier) }
      if let key = invocation.value("--api-key-env") { text.member("api_key_env", key) }
      if let concurrent { text.member("max_concurrent", concurrent) }
    }
  }

  /// Writes it into the configuration file, whether a gateway runs or not.
  private static func save(_ body: [UInt8], _ invocation: Invocation) throws(UsageError) -> Int32 {
    let backend: Settings.Backend
    do {
      backend = try BackendJSON.read(body)
    } catch {
      throw UsageError(error.description)
    }
    let configuration = try Configuration(invocation)
    do {
      try BackendFile.add(backend, to: configuration)
    } catch {
      Terminal.complain("\(error.message)\n")
      return ExitCode.failure
    }
    if invocation.has("--json") {
      Terminal.say(
        json: JSONText.object { text in
          text.member("name", backend.name)
          text.member("file", configuration.file)
        })
    } else {
      Terminal.say(
        "Wrote backend '\(backend.name)' into \(configuration.file); a running gateway that goes by"
          + " this file takes it at once.\n")
    }
    return ExitCode.success
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
