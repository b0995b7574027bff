import Config
import Drivers

/// What only the loaded drivers know about a configuration.
enum DriverCheck {
  /// Adds an error for each backend whose type no driver serves. Without any driver the gateway starts
  /// all the same and says that it is degraded.
  ///
  /// `before`: the settings in force. What they say already is no error: then its driver was removed,
  /// and the backend waits for another.
  static func run(
    _ loaded: inout Loaded, _ catalogue: DriverCatalogue, before: Settings? = nil
  ) {
    guard !catalogue.drivers.isEmpty else { return }
    for (index, backend) in loaded.settings.backends.enumerated() {
      guard let type = backend.type, catalogue.driver(forType: type) == nil else { continue }
      let hint = Suggestion.hint(for: type, among: catalogue.types)
      let isOld = before?.backends.contains { $0.name == backend.name && $0.type == type } == true
      loaded.report(
        isOld ? .warning : .error, at: "backends[\(index)].type",
        "backend '\(backend.name)': no loaded driver serves the type '\(type)'.\(hint)"
          + " Loaded are: \(catalogue.types.joined(separator: ", ")).")
    }
  }
}
