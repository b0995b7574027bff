import Text

/// Finds what looks like a key or a password, so that it is neither accepted nor shown.
enum SecretText {
  /// Names of keys that would hold a secret, in lower case and without "-" and "_".
  private static let names: Set<String> = [
    "apikey", "key", "token", "accesstoken", "bearer", "bearertoken", "secret", "secretkey",
    "password", "authorization", "credential", "credentials",
  ]

  /// How keys of well-known services begin.
  private static let beginnings = [
    "sk-", "sk_", "AIza", "gsk_", "xai-", "hf_", "pplx-", "ghp_", "github_pat_",
  ]

  static func isName(_ key: String) -> Bool {
    names.contains(String(key.lowercased().filter { $0 != "_" && $0 != "-" }))
  }

  /// Whether a text is a key rather than the name of a variable.
  static func looksLikeKey(_ text: String) -> Bool {
    // Names of variables are written in capitals; keys mix everything.
    let letters = text.utf8
    return isKnown(text)
      || letters.count >= 24 && letters.allSatisfy(isKeyByte)
        && letters.contains { (0x61...0x7A).contains($0) }
        && letters.contains { (0x30...0x39).contains($0) }
  }

  /// The text of a file with every secret in it made unreadable. Lines stay as long as they are.
  static func masked(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for secret in SecretScrub.secrets(in: bytes) { mask(secret, in: &result) }
    return result
  }

  /// Makes what lies in `range` unreadable.
  static func mask(_ range: Range<Int>, in bytes: inout [UInt8]) {
    for index in range where bytes.indices.contains(index) && !isLayout(bytes[index]) {
      bytes[index] = UInt8(ascii: "*")
    }
  }

  /// Whether a text begins like the keys of a well-known service.
  static func isKnown(_ text: String) -> Bool {
    beginnings.contains { text.hasPrefix($0) && text.utf8.count >= $0.utf8.count + 8 }
  }

  /// Blanks, ends of lines and quotes, which leave the line readable.
  private static func isLayout(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x22 || byte == 0x27
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
    default: false
    }
  }
}
