import Config
import Control
import Drivers

/// What is configured, and whether drivers and keys for it are there.
enum ConfigurationChecks {
  static func run(
    _ configuration: Configuration, _ loaded: Loaded, _ catalogue: DriverCatalogue
  ) -> [Finding] {
    var loaded = loaded
    DriverCheck.run(&loaded, catalogue)
    return file(configuration, loaded) + keys(loaded.settings) + drivers(catalogue)
  }

  private static func file(_ configuration: Configuration, _ loaded: Loaded) -> [Finding] {
    let findings = loaded.diagnostics.map { diagnostic in
      Finding(
        diagnostic.severity == .error ? .fail : .warn, .configuration, "configuration",
        diagnostic.text)
    }
    guard findings.isEmpty else { return findings }
    let count = loaded.settings.backends.count
    let backends = count == 1 ? "1 backend" : "\(count) backends"
    return [
      Finding(
        .ok, .configuration, "configuration",
        configuration.exists
          ? "\(configuration.file) is sound; it names \(backends)"
          : "there is no configuration file, so the defaults hold")
    ]
  }

  private static func keys(_ settings: Settings) -> [Finding] {
    settings.backends.compactMap { backend in
      do throws(BackendKeyError) {
        guard try BackendKey.read(backend, environment: ControlSocket.environment) != nil else {
          return nil
        }
        let place = backend.keyVariable.map { "$\($0)" } ?? backend.keyFile ?? ""
        return Finding(
          .ok, .configuration, "key", "the key of '\(backend.name)' is in \(place)")
      } catch {
        return key(error, of: backend.name)
      }
    }
  }

  private static func key(_ error: BackendKeyError, of name: String) -> Finding {
    let (what, fix) =
      switch error {
      case .missing(let variable):
        (
          "the variable \(variable) is not set here",
          "set it where the gateway is started, for example with EnvironmentFile= in its service"
        )
      case .unreadable(let file, let why):
        ("\(file) cannot be read: \(why)", "write the key there; chmod 600")
      case .unusable(let place):
        ("\(place) is empty or holds blanks", "put the key there and nothing else")
      }
    return Finding(
      .fail, .configuration, "key", "the key of '\(name)' is missing: \(what)", fix: fix)
  }

  private static func drivers(_ catalogue: DriverCatalogue) -> [Finding] {
    var findings = catalogue.refusals.map { refusal in
      Finding(
        .warn, .drivers, "drivers", "\(refusal.path) is not loaded: \(refusal.reason)",
        fix: "'nexus plugins info FILE' describes a file")
    }
    if catalogue.drivers.isEmpty {
      findings.append(
        Finding(
          .fail, .drivers, "drivers",
          "there is no driver in \(catalogue.directory), so no backend can be used",
          fix: "name their directory with --plugins or plugins.directory, or install Nexus again"))
    } else {
      findings.append(
        Finding(
          .ok, .drivers, "drivers",
          "drivers for \(catalogue.types.joined(separator: ", ")) from \(catalogue.directory)"))
    }
    return findings
  }
}
