import Text

/// What the sources together say: settings, where each came from, and what is wrong.
public struct Loaded: Sendable {
  /// Complete and checked if there are no errors; otherwise only good for messages.
  public internal(set) var settings = Settings()
  /// Path of a key → where its value came from; a key that is missing has its default. Entries of
  /// tables count singly, backends and policies by their number: "routing.aliases.gpt-4",
  /// "backends[0].url".
  public internal(set) var origins: [String: SettingOrigin] = [:]
  /// In the order in which they were found.
  public private(set) var diagnostics: [Diagnostic] = []
  /// Path → where its value stands in the file.
  var places: [String: TOMLPlace] = [:]
  let file: ConfigurationFile?

  init(_ file: ConfigurationFile? = nil) { self.file = file }

  public var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
  public var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }

  /// Says that something is wrong with the value of a key, with its place if it is in the file.
  public mutating func report(
    _ severity: Diagnostic.Severity, at path: String, _ message: String
  ) {
    report(severity, path: path, places[path], message)
  }

  /// Says that something is wrong at a place of the file, or in another source.
  mutating func report(
    _ severity: Diagnostic.Severity, path: String?, _ place: TOMLPlace?, _ message: String,
    isSecret: Bool = false
  ) {
    let message = SecretScrub.clean(message)
    guard let file, let place else {
      diagnostics.append(Diagnostic(severity, path: path, message))
      return
    }
    let bytes = SecretText.masked(file.bytes, also: isSecret ? place.bytes : nil)
    let text = SourceExcerpt.render(
      file: file.name, bytes: bytes, place: place, message: "\(severity.rawValue): \(message)")
    diagnostics.append(
      Diagnostic(
        severity, path: path, line: place.line, column: place.column, message: message, text: text)
    )
  }

  /// Puts what is in the file in its order, before the rest.
  mutating func sortDiagnostics() {
    diagnostics = diagnostics.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      return (a.line ?? .max, a.column ?? .max, left.offset)
        < (b.line ?? .max, b.column ?? .max, right.offset)
    }.map(\.element)
  }
}

/// Where a value came from.
public enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
  case standard
  case file(String, line: Int)
  /// By its name.
  case environment(String)
  /// As it is written: "--port".
  case flag(String)

  public var description: String {
    switch self {
    case .standard: "default"
    case .file(let name, let line): "\(name):\(line)"
    case .environment(let name): "$\(name)"
    case .flag(let flag): flag
    }
  }
}
