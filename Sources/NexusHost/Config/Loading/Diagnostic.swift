/// Something that is wrong, or odd, in what was configured.
public struct Diagnostic: Equatable, Sendable {
  public enum Severity: String, Sendable {
    /// The configuration cannot be used.
    case error
    /// It can, but perhaps not as it was meant.
    case warning
  }

  public let severity: Severity
  /// The key that it is about, or nil.
  public let path: String?
  /// Line and column in the file, counted from 1, or nil if it is not in the file.
  public let line: Int?
  public let column: Int?
  /// What is wrong and how to mend it, in one line.
  public let message: String
  /// The message with its place, for a file with the line itself and a mark below; one or more lines
  /// without a newline at the end.
  public let text: String

  /// About something that is not in a file.
  public init(_ severity: Severity, path: String? = nil, _ message: String) {
    self.severity = severity
    self.path = path
    line = nil
    column = nil
    self.message = message
    text = "\(severity.rawValue): \(message)"
  }

  /// About a place in a file.
  init(
    _ severity: Severity, path: String?, line: Int, column: Int, message: String, text: String
  ) {
    self.severity = severity
    self.path = path
    self.line = line
    self.column = column
    self.message = message
    self.text = text
  }
}
