/// What is wrong with a glob.
public struct GlobError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Which character of the pattern, counted from 1 in Unicode scalars.
  public let column: Int
  /// What is wrong there and how to mend it.
  public let message: String

  public var description: String { "character \(column): \(message)" }
}

/// A shell pattern for names such as those of models, compiled once. Case counts.
///
/// - `*` matches any text, also none, also with `/` and `:` in it;
/// - `?` matches one character (Unicode scalar);
/// - `[a-z_]` matches one of these, `[!a-z]` or `[^a-z]` one other than these; `]` stands first or
///   behind a backslash;
/// - `{a,b*}` matches what one of its parts matches;
/// - `\` takes the meaning from the character behind it.
///
/// Matching takes time in proportion to the product of both lengths at most, whatever the pattern.
public struct Glob: Equatable, Sendable {
  /// As it was given.
  public let pattern: String
  private let program: GlobProgram

  /// Compiles a pattern. The empty pattern matches the empty text alone.
  public init(_ pattern: String) throws(GlobError) {
    self.pattern = pattern
    program = try GlobCompiler.compile(pattern)
  }

  /// Whether the pattern matches the whole text.
  public func matches(_ text: String) -> Bool { program.matches(text) }

  public static func == (left: Glob, right: Glob) -> Bool {
    left.pattern.utf8.elementsEqual(right.pattern.utf8)
  }
}
