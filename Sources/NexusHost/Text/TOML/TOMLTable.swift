/// A key with its value.
public struct TOMLEntry: Sendable {
  /// One part of a dotted key, without quotes.
  public let key: String
  /// Where the key first stands, be it as a part of a header or of a dotted key.
  public let keyPlace: TOMLPlace
  public let node: TOMLNode

  public init(key: String, keyPlace: TOMLPlace, node: TOMLNode) {
    self.key = key
    self.keyPlace = keyPlace
    self.node = node
  }
}

/// The entries of a table, each key once.
public struct TOMLTable: Sendable {
  /// In the order of the file.
  public let entries: [TOMLEntry]
  /// Its header, the braces of an inline table, or its name in the key that made it. The root
  /// stands at the start of the file.
  public let place: TOMLPlace
  /// Positions in `entries`.
  private let positions: [TOMLKey: Int]

  init(entries: [TOMLEntry], positions: [TOMLKey: Int], place: TOMLPlace) {
    self.entries = entries
    self.positions = positions
    self.place = place
  }

  /// The entry of a key, or nil if there is none. Takes the same time for tables of every size.
  public subscript(key: String) -> TOMLEntry? {
    positions[TOMLKey(key)].map { entries[$0] }
  }

  /// The same table at another place.
  func at(_ place: TOMLPlace) -> TOMLTable {
    TOMLTable(entries: entries, positions: positions, place: place)
  }
}

/// A key as TOML compares it: by its scalars. `String` takes "é" for equal to "e" and an accent.
struct TOMLKey: Hashable, Sendable {
  private let text: String

  init(_ text: String) { self.text = text }

  static func == (left: TOMLKey, right: TOMLKey) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
