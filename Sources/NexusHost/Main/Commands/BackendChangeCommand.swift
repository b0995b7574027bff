import Config
import HTTP
import Text

/// `nexus backends remove`, `drain` and `undrain`: change a backend of a running gateway.
enum BackendChangeCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let name = invocation.operands.first ?? ""
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      let answer = try change(invocation.command, name, client)
      if invocation.has("--json") {
        Terminal.say(json: answer.bytes)
      } else {
        tell(invocation.command, name, answer.row)
      }
      return ExitCode.success
    }
  }

  /// A remove waits for the requests that are under way, in milliseconds at most.
  private static let removeTime: UInt64 = 120_000

  private static func change(
    _ command: CommandSpec, _ name: String, _ client: ControlClient
  ) throws(ControlError) -> JSONDocument {
    switch command {
    case Commands.backendsRemove:
      let progress = Progress("Waiting for its requests")
      defer { progress.end() }
      return try client.json(
        .delete, ControlClient.target("backends", name), within: removeTime)
    case Commands.backendsDrain:
      return try client.json(.post, ControlClient.target("backends", name, "drain"))
    default: return try client.json(.post, ControlClient.target("backends", name, "undrain"))
    }
  }

  private static func tell(_ command: CommandSpec, _ name: String, _ row: JSONRow) {
    switch command {
    case Commands.backendsRemove:
      Terminal.say("Removed backend: \(row.text("removed") ?? name)\n")
      if row.bool("returns_with_reload") == true {
        Terminal.complain(
          "The configuration file names it, so it comes back with the next reload or start.\n")
      }
    case Commands.backendsDrain:
      Terminal.say("Draining backend: \(name). It gets no new requests.\n")
    default:
      Terminal.say("Backend \(name) takes requests again: \(row.text("status") ?? "").\n")
    }
  }
}

/// Runs the part of a command that needs a running gateway.
enum RunningGateway {
  /// Finds the gateway and hands its client to `work`; says what went wrong, if anything does.
  static func perform(
    _ invocation: Invocation, _ work: (ControlClient) throws(ControlError) -> Int32
  ) throws(UsageError) -> Int32 {
    // Only where the gateway is matters: one that runs is reached also while its file is being
    // mended, and says itself what it thinks of it.
    let settings = try Configuration(invocation).read().settings
    do throws(ControlError) {
      return try work(ControlClient(invocation, configured: settings.server))
    } catch {
      Terminal.complain("Error: \(error)\n")
      return error.exitCode
    }
  }
}
