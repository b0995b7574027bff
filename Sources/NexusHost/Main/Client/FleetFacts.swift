import Config
import Drivers
import Fleet
import Gateway
import Glibc
import HTTP
import Net
import Text

/// Where a command that lists takes its facts from: a running gateway, or the backends themselves.
enum FleetFacts {
  /// What went wrong, and what the program ends with.
  struct Failure: Error {
    let message: String
    let code: Int32
  }

  /// The answer of a running gateway to `target`; or, with `--offline` or if none runs, what
  /// `direct` makes of a look at the configured backends.
  static func load(
    _ invocation: Invocation, _ target: String,
    direct: (FleetSnapshot, GatewayRules) -> [UInt8]
  ) throws(Failure) -> JSONDocument {
    let settings = try settings(invocation)
    let bytes: [UInt8]
    if invocation.has("--offline") {
      bytes = try look(invocation, settings, direct)
    } else {
      do throws(ControlError) {
        return try ControlClient(invocation, configured: settings.server).json(.get, target)
      } catch .notRunning where !isNamed(invocation) {
        Terminal.complain("No running gateway; looking at the backends directly.\n")
        bytes = try look(invocation, settings, direct)
      } catch {
        throw Failure(message: "\(error)", code: error.exitCode)
      }
    }
    guard let document = JSONDocument(bytes) else {
      throw Failure(message: "the list could not be made.", code: ExitCode.failure)
    }
    return document
  }

  /// Whether nothing but a gateway is an answer: somebody said which one is meant, or watches it.
  static func isNamed(_ invocation: Invocation) -> Bool {
    ["--port", "--control-socket", "--exit-code"].contains(where: invocation.has)
  }

  private static func settings(_ invocation: Invocation) throws(Failure) -> Settings {
    do throws(UsageError) {
      if let loaded = try Configuration(invocation).load() { return loaded.settings }
    } catch {
      throw Failure(message: "\(error)", code: ExitCode.usage)
    }
    throw Failure(message: "the configuration cannot be used.", code: ExitCode.failure)
  }

  private static func look(
    _ invocation: Invocation, _ settings: Settings,
    _ direct: (FleetSnapshot, GatewayRules) -> [UInt8]
  ) throws(Failure) -> [UInt8] {
    let catalogue = DriverLoader.load(
      directory: PluginDirectory.resolve(
        invocation.value("--plugins") ?? settings.plugins.directory))
    guard !catalogue.drivers.isEmpty else {
      throw Failure(
        message: "there are no drivers in \(catalogue.directory); see --plugins.",
        code: ExitCode.failure)
    }
    let progress = Progress("Looking at the backends")
    defer { progress.end() }
    do {
      return direct(try DirectLook.run(settings, catalogue), GatewayRules(settings))
    } catch {
      throw Failure(message: "cannot look at the backends: \(error)", code: ExitCode.failure)
    }
  }
}
