import HTTP

/// A backend as `--backend` names it: `URL[,KEY=VALUE]...`, where the keys are those of
/// `[[backends]]` with "-" for "_".
enum BackendOption {
  static func parse(_ text: String) throws(UsageError) -> Settings.Backend {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    var backend = Settings.Backend.blank
    try set("url", String(parts.first ?? ""), on: &backend, in: text)
    backend.name = backend.endpoint.authority
    var seen: Set<String> = []
    for part in parts.dropFirst() {
      guard let equals = part.firstIndex(of: "=") else {
        throw UsageError("'--backend \(text)': '\(part)' is not of the form key=value.")
      }
      let key = String(part[..<equals])
      guard seen.insert(key).inserted else {
        throw UsageError("'--backend \(text)': '\(key)' stands there twice; give it once.")
      }
      try set(key, String(part[part.index(after: equals)...]), on: &backend, in: text)
    }
    return backend
  }

  /// The keys that a command line can set.
  static let keys = specs.map { $0.key.name.flagStyle }

  private static let specs = SettingsTable.backend.filter {
    switch $0.key.kind {
    case .list, .wholes, .map: false
    default: true
    }
  }

  private static func set(
    _ key: String, _ value: String, on backend: inout Settings.Backend, in text: String
  ) throws(UsageError) {
    guard let spec = specs.first(where: { $0.key.name.flagStyle == key }) else {
      let hint = Suggestion.hint(for: key, among: keys)
      throw UsageError(
        "'--backend \(text)': there is no key '\(key)'.\(hint) Known are"
          + " \(keys.joined(separator: ", ")).")
    }
    do {
      try spec.set(&backend, try spec.key.kind.read(value))
    } catch {
      let isKey = spec.key.kind == .variable
      throw UsageError(
        "'--backend \(text)', \(key): \(error)"
          + (isKey ? " A key itself does not belong on a command line." : ""))
    }
  }
}

extension String {
  /// The spelling on a command line: "-" for "_".
  fileprivate var flagStyle: String { String(map { $0 == "_" ? "-" : $0 }) }
}

extension Settings.Backend {
  /// One that nothing is known of yet.
  static var blank: Settings.Backend {
    Settings.Backend(name: "", endpoint: Endpoint(scheme: .http, host: "", port: 80))
  }
}
