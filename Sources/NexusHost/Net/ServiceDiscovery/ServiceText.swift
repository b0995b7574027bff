/// The TXT record of a service (RFC 6763 §6).
enum ServiceText {
  /// Strings of one record that are looked at.
  private static let limit = 128

  /// Pairs of a record's strings. Keys in lower case; of a key that stands twice the first counts; a
  /// string without a key, or with one that is not printable ASCII, counts for nothing (§6.4). Bytes
  /// that are not UTF-8 are replaced.
  static func pairs(_ strings: some Sequence<[UInt8]>) -> [String: String] {
    var pairs: [String: String] = [:]
    for string in strings.prefix(limit) {
      let key = string.prefix { $0 != UInt8(ascii: "=") }
      guard !key.isEmpty, key.allSatisfy({ (0x20...0x7e).contains($0) }) else { continue }
      let name = String(decoding: key, as: UTF8.self).lowercased()
      guard pairs[name] == nil else { continue }
      pairs[name] = String(decoding: string.dropFirst(key.count + 1), as: UTF8.self)
    }
    return pairs
  }

  /// A record's strings for pairs, in order. A pair that is longer than a string of a record can be,
  /// 255 bytes, is left out, as is one without a key.
  static func strings(_ pairs: [(key: String, value: String)]) -> [[UInt8]] {
    pairs.filter { !$0.key.isEmpty }.map { Array("\($0.key)=\($0.value)".utf8) }
      .filter { $0.count <= 255 }
  }
}
