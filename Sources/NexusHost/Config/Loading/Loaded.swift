import Text

/// What the sources together say: settings, where each came from, and what is wrong.
public struct Loaded: Sendable {
  /// Complete and checked if there are no errors; otherwise only good for messages.
  public internal(set) var settings = Settings()
  /// Path of a key → where its value came from; a key that is missing has its default. Entries of
  /// tables count singly, backends and policies by their number: "routing.aliases.gpt-4",
  /// "backends[0].url".
  public internal(set) var origins: [String: SettingOrigin] = [:]
  private var found: [Diagnostic] = []
  /// Path → where its value stands in the file.
  var places: [String: TOMLPlace] = [:]
  private let file: ConfigurationFile?
  /// The file without the secrets that can be recognised; made when there is something to show.
  private var shown: [UInt8]?
  /// Further errors, or further warnings, are not told.
  static let limit = 100

  init(_ file: ConfigurationFile? = nil) { self.file = file }

  /// What is in the file in its order, then the rest.
  public var diagnostics: [Diagnostic] {
    found.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      return (a.line ?? .max, a.column ?? .max, left.offset)
        < (b.line ?? .max, b.column ?? .max, right.offset)
    }.map(\.element)
  }

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
    guard found.count(where: { $0.severity == severity }) < Self.limit else { return }
    guard let file, let place else {
      found.append(Diagnostic(severity, path: path, message))
      return
    }
    var bytes = shown ?? SecretText.masked(file.bytes)
    shown = bytes
    if isSecret { SecretText.mask(place.bytes, in: &bytes) }
    let text = SourceExcerpt.render(
      file: file.name, bytes: bytes, place: place, message: "\(severity.rawValue): \(message)")
    found.append(
      Diagnostic(
        severity, path: path, line: place.line, column: place.column, message: message, text: text)
    )
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
