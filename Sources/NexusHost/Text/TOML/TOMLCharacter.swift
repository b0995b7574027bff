/// Names characters in messages.
enum TOMLCharacter {
  /// The scalar that starts at `offset`, or nil if there is none.
  static func scalar(_ bytes: [UInt8], at offset: Int) -> Unicode.Scalar? {
    guard bytes.indices.contains(offset) else { return nil }
    let end = min(offset + length(bytes, at: offset), bytes.count)
    return String(decoding: bytes[offset..<end], as: UTF8.self).unicodeScalars.first
  }

  /// How many bytes it has: at least 1, also where there is no character.
  static func length(_ bytes: [UInt8], at offset: Int) -> Int {
    let word = (0..<4).reduce(UInt32(0)) { word, step in
      let place = offset + step
      let byte = bytes.indices.contains(place) ? bytes[place] : 0
      return word | UInt32(byte) << UInt32(8 * step)
    }
    return max(1, UTF8Sequence.length(word))
  }

  /// "'ü'", or "U+00A0" for what cannot be seen.
  static func name(_ bytes: [UInt8], at offset: Int) -> String {
    guard let scalar = scalar(bytes, at: offset) else { return "the end" }
    if isVisible(scalar) { return "'\(scalar)'" }
    let code = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - code.utf8.count)) + code
  }

  /// Typographic quotes, which word processors and chat programs put in place of straight ones.
  static func isCurlyQuote(_ bytes: [UInt8], at offset: Int) -> Bool {
    guard let scalar = scalar(bytes, at: offset) else { return false }
    return ("\u{2018}"..."\u{201F}").contains(scalar) || "«»‹›´＂＇".unicodeScalars.contains(scalar)
  }

  /// Blanks that TOML does not take for blanks, such as a no-break space.
  static func isBlank(_ bytes: [UInt8], at offset: Int) -> Bool {
    guard let scalar = scalar(bytes, at: offset), !scalar.isASCII else { return false }
    return scalar.properties.isWhitespace || !isVisible(scalar)
  }

  /// Whether a terminal shows it as a sign of its own and does nothing else with it.
  static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }
}
