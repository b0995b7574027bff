import Config
import HTTP
import Text

/// `nexus backends remove`, `drain` and `undrain`: change a backend of a running gateway.
enum BackendChangeCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let name = invocation.operands.first ?? ""
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      switch invocation.command {
      case Commands.backendsRemove:
        let progress = Progress("Waiting for its requests")
        defer { progress.end() }
        let answer = try client.json(
          .delete, ControlClient.target("backends", name), within: 120_000)
        progress.end()
        Terminal.say("Removed backend: \(answer.row.text("removed") ?? name)\n")
        if answer.row.bool("returns_with_reload") == true {
          Terminal.complain(
            "The configuration file names it, so it comes back with the next reload or start.\n")
        }
      case Commands.backendsDrain:
        _ = try client.json(.post, ControlClient.target("backends", name, "drain"))
        Terminal.say("Draining backend: \(name). It gets no new requests.\n")
      default:
        let row = try client.json(.post, ControlClient.target("backends", name, "undrain")).row
        Terminal.say("Backend \(name) takes requests again: \(row.text("status") ?? "").\n")
      }
      return ExitCode.success
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
