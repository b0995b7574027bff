/// Which state of something an answer shows (RFC 9110 §8.8.3), for clients that ask again and again.
struct EntityTag: Equatable {
  /// As it stands in the field, quotes included.
  let text: String

  init(_ text: String) { self.text = text }

  /// Whether the client has that state already: the value of its If-None-Match names it
  /// (RFC 9110 §13.1.2).
  func isKnown(_ ifNoneMatch: String?) -> Bool {
    guard let ifNoneMatch else { return false }
    return ifNoneMatch.split(whereSeparator: { $0 == "," || $0 == " " }).contains {
      $0 == "*" || Self.opaque($0) == Self.opaque(text[...])
    }
  }

  /// The comparison is weak: what differs in nothing but the mark is the same.
  private static func opaque(_ tag: Substring) -> Substring {
    tag.hasPrefix("W/") ? tag.dropFirst(2) : tag
  }
}
