/// A TOML text, read (TOML 1.0.0, https://toml.io/en/v1.0.0).
public struct TOMLDocument: Sendable {
  /// What could be read. Where there are faults, keys may be missing.
  public let root: TOMLTable
  /// In the order of the file, at most `faultLimit`. Empty for a valid text.
  public let faults: [TOMLFault]

  /// After so many faults the rest of a text is not read.
  public static let faultLimit = 50
  /// How many tables, lists and parts of keys may contain each other.
  public static let depthLimit = 128

  /// Reads a whole file. After a mistake it goes on behind it, so that all mistakes are told at
  /// once. Takes time proportional to the size of the file. Pure; may be called on any thread.
  public static func parse(_ bytes: [UInt8]) -> TOMLDocument {
    var encoding = TOMLEncoding(bytes)
    guard encoding.check() else {
      return TOMLDocument(root: TOMLDraft().root, faults: encoding.faults)
    }
    var parser = TOMLParser(bytes)
    parser.readAll()
    // What is not text is odd to the grammar too; one fault for such a line is enough.
    let told = Set(encoding.faults.map(\.place.line))
    let others = parser.faults.filter { !told.contains($0.place.line) }
    let faults = (encoding.faults + others).sorted {
      $0.place.bytes.lowerBound < $1.place.bytes.lowerBound
    }
    return TOMLDocument(root: parser.draft.root, faults: Array(faults.prefix(faultLimit)))
  }
}
