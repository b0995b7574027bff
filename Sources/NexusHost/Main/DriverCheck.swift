import Config
import Drivers
import Glibc

/// What only the loaded drivers know about a configuration.
enum DriverCheck {
  /// Adds an error for each backend whose type no driver serves, or for a directory that was named
  /// and is not there. Without any driver the gateway starts all the same and says that it is degraded.
  static func run(_ loaded: inout Loaded, _ catalogue: DriverCatalogue) {
    guard !catalogue.drivers.isEmpty else { return checkDirectory(&loaded, catalogue) }
    for (index, backend) in loaded.settings.backends.enumerated() {
      guard let type = backend.type, catalogue.driver(forType: type) == nil else { continue }
      let hint = Suggestion.hint(for: type, among: catalogue.types)
      loaded.report(
        .error, at: "backends[\(index)].type",
        "backend '\(backend.name)': no loaded driver serves the type '\(type)'.\(hint)"
          + " Loaded are: \(catalogue.types.joined(separator: ", ")).")
    }
  }

  private static func checkDirectory(_ loaded: inout Loaded, _ catalogue: DriverCatalogue) {
    guard loaded.settings.plugins.directory != nil, access(catalogue.directory, F_OK) != 0 else {
      return
    }
    loaded.report(
      .error, at: "plugins.directory",
      "there is no directory '\(catalogue.directory)'; name the one with the drivers,"
        + " or say nothing of it to have those that came with the program.")
  }
}
