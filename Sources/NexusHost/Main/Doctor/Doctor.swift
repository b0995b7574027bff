import Config
import Control
import Drivers
import Fleet
import HTTP
import Net
import Text

/// Looks at everything that keeps a gateway from working: what a helper would ask a user to try.
enum Doctor {
  /// Most milliseconds for everything; half of it for the backends in any case.
  private static let patience: UInt64 = 9_500

  /// What was found, in the order of the report.
  static func run(_ invocation: Invocation) throws(UsageError) -> [Finding] {
    let start = MonotonicClock.milliseconds()
    let configuration = try Configuration(invocation)
    let loaded = configuration.read()
    let settings = loaded.settings
    let catalogue = DriverLoader.load(
      directory: PluginDirectory.resolve(
        invocation.value("--plugins") ?? settings.plugins.directory))
    let gateway = GatewayChecks(invocation, settings)
    var findings =
      MachineChecks.run(settings, gatewayRuns: gateway.isRunning)
      + ConfigurationChecks.run(configuration, loaded, catalogue) + gateway.findings
    let subjects = subjects(settings, catalogue, gateway)
    let progress = Progress("Looking at the servers")
    defer { progress.end() }
    do {
      let inspector = try BackendInspector(
        loop: EventLoop(), catalogue: catalogue, gateway: gateway.address,
        chatsWithAll: invocation.has("--chat"),
        within: patience - min(patience / 2, MonotonicClock.milliseconds() - start))
      findings += inspector.run(subjects) { left in
        progress.update("Looking at the servers, \(left) left")
      }
    } catch {
      findings.append(Finding(.fail, .backends, "backends", "cannot look at servers: \(error)"))
    }
    if !findings.contains(where: { $0.area == .backends }) {
      findings.append(nothingFound)
    }
    return findings
  }

  private static let nothingFound = Finding(
    .warn, .backends, "backends",
    "no model server is configured, and none was found on this machine",
    fix: """
      install one, for example Ollama (https://ollama.com) and then 'ollama pull llama3.2:1b', \
      or LM Studio (https://lmstudio.ai); start it, then start 'nexus serve', which finds it. \
      A server elsewhere: nexus serve --backend http://HOST:PORT
      """)

  /// What is configured, what the gateway knows beside that, and, if that is nothing, whatever listens
  /// where model servers usually do.
  private static func subjects(
    _ settings: Settings, _ catalogue: DriverCatalogue, _ gateway: GatewayChecks
  ) -> [BackendInspector.Subject] {
    // One whose URL could not be read has no host; that is told with the configuration.
    var subjects = settings.backends.filter { !$0.endpoint.host.isEmpty }.map { backend in
      let key = try? BackendKey.read(backend, environment: ControlSocket.environment)
      return BackendInspector.Subject(settings: backend, credential: key)
    }
    for row in gateway.backends {
      guard let url = row.text("url"), let name = row.text("name"),
        let endpoint = try? Endpoint.parse(url)
      else { continue }
      let place =
        subjects.firstIndex { $0.settings.endpoint.url == url } ?? subjects.endIndex
      if place == subjects.endIndex {
        let backend = Settings.Backend(name: name, endpoint: endpoint, type: row.text("type"))
        subjects.append(BackendInspector.Subject(settings: backend, credential: nil))
      }
      subjects[place].status = row.text("status")
      subjects[place].lastError = row.text("last_error")
    }
    guard subjects.isEmpty, settings.discovery.enabled else { return subjects }
    return catalogue.ports.filter { $0.port != gateway.address?.port }.map { port, _ in
      let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: port)
      let backend = Settings.Backend(name: "port \(port)", endpoint: endpoint)
      return BackendInspector.Subject(settings: backend, credential: nil, isGuess: true)
    }
  }
}
