/// Takes credentials out of what peers say, before it is written anywhere. Pure.
///
/// Found are the values behind `key=`, `api-key:` and `Authorization:` in their usual spellings,
/// bearer tokens, and words that begin with `sk-`. More is taken out than would be needed, never
/// less: a lost word costs little.
public enum SecretScrub {
  /// What stands for a secret.
  public static let mark = "***"
  /// Shorter words are no secrets.
  private static let shortest = 8

  /// `text` without the secrets that can be recognised, and without `known`, a secret of the host.
  public static func clean(_ text: String, known: [UInt8] = []) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var copied = 0
    for secret in secrets(in: bytes, known: known) {
      result += bytes[copied..<secret.lowerBound] + Array(mark.utf8)
      copied = secret.upperBound
    }
    return copied == 0 ? text : String(decoding: result + bytes[copied...], as: UTF8.self)
  }

  /// Where secrets stand in a text, in order.
  public static func secrets(in bytes: [UInt8], known: [UInt8] = []) -> [Range<Int>] {
    var secrets: [Range<Int>] = []
    var index = 0
    while index < bytes.count {
      guard let secret = secret(bytes, at: index, known) else {
        index += 1
        continue
      }
      secrets.append(secret)
      index = max(secret.upperBound, index + 1)
    }
    return secrets
  }

  /// Whether a text may hold a secret that `clean` would find: a quick look at short names, with a "yes"
  /// for some that hold none.
  public static func isSuspicious(_ bytes: Span<UInt8>) -> Bool {
    var last: UInt32 = 0
    for index in bytes.indices {
      last = last << 8 | UInt32(bytes[index] | 0x20)
      // "=", "sk-", "key", "auth" and "bear".
      if last & 0xFF == 0x3D { return true }
      if last & 0xFF_FFFF == 0x73_6B2D || last & 0xFF_FFFF == 0x6B_6579 { return true }
      if last == 0x6175_7468 || last == 0x6265_6172 { return true }
    }
    return false
  }

  /// The secret that what stands at `index` announces or begins.
  private static func secret(_ bytes: [UInt8], at index: Int, _ known: [UInt8]) -> Range<Int>? {
    switch bytes[index] {
    case UInt8(ascii: "="), UInt8(ascii: ":"):
      guard isName(bytes[..<index], assigns: bytes[index] == UInt8(ascii: "=")) else { break }
      return value(bytes, from: index + 1, atLeast: 1)
    case UInt8(ascii: "s"), UInt8(ascii: "S"):
      guard isWordStart(bytes, index), holds(bytes[index...], "sk-") else { break }
      let end = wordEnd(bytes, from: index)
      if end - index >= shortest { return index..<end }
    case UInt8(ascii: "b"), UInt8(ascii: "B"):
      guard isWordStart(bytes, index), holds(bytes[index...], "bearer ") else { break }
      return value(bytes, from: index + 7, atLeast: shortest)
    default: break
    }
    guard known.count >= shortest, bytes[index...].starts(with: known) else { return nil }
    return index..<index + known.count
  }

  /// Whether `bytes` end with the name of a secret, perhaps in quotes. A bare "key" counts only where
  /// a value is assigned to it: "the key: …" begins a sentence as well.
  private static func isName(_ bytes: ArraySlice<UInt8>, assigns: Bool) -> Bool {
    var name = bytes
    while let last = name.last, isQuoteOrBlank(last) { name.removeLast() }
    let names: [StaticString] =
      assigns
      ? ["key", "authorization", "token", "password", "secret"]
      : ["api-key", "api_key", "api key", "apikey", "authorization"]
    return names.contains { holds(name.suffix($0.utf8CodeUnitCount), $0) }
  }

  /// The value from `from` on, behind quotes, blanks and the name of a scheme (RFC 9110 §11.4).
  private static func value(_ bytes: [UInt8], from: Int, atLeast shortest: Int) -> Range<Int>? {
    var start = from
    while start < bytes.count, isQuoteOrBlank(bytes[start]) { start += 1 }
    let schemes: [StaticString] = ["bearer ", "basic ", "token "]
    if let scheme = schemes.first(where: { holds(bytes[start...], $0) }) {
      start += scheme.utf8CodeUnitCount
    }
    let end = wordEnd(bytes, from: start)
    return end - start >= shortest ? start..<end : nil
  }

  private static func wordEnd(_ bytes: [UInt8], from start: Int) -> Int {
    bytes[start...].firstIndex(where: isDelimiter) ?? bytes.count
  }

  private static func isWordStart(_ bytes: [UInt8], _ index: Int) -> Bool {
    guard index > 0 else { return true }
    let before = bytes[index - 1] | 0x20
    return !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(before)
      && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index - 1])
  }

  private static func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"),
      UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: ")"),
      UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"):
      true
    default: false
    }
  }

  private static func isQuoteOrBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      || byte == UInt8(ascii: "\\")
  }

  /// Whether `bytes` begin with `text`, in any case.
  private static func holds(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
    guard bytes.count >= text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      zip(bytes, wanted).allSatisfy { byte, letter in
        let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        return (isUpper ? byte | 0x20 : byte) == letter
      }
    }
  }
}
