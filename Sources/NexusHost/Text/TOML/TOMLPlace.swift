/// Where something stands in a TOML text.
public struct TOMLPlace: Equatable, Sendable {
  /// Counted from 1.
  public let line: Int
  /// Counted from 1, in Unicode scalars, as editors do. A byte order mark does not count.
  public let column: Int
  /// Which bytes of the file, counted from 0. May be empty, at the end of a line or of the file.
  public let bytes: Range<Int>

  public init(line: Int, column: Int, bytes: Range<Int>) {
    self.line = line
    self.column = column
    self.bytes = bytes
  }
}
