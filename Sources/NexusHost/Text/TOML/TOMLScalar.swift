/// Numbers, booleans, dates and times: values of one word (TOML 1.0 "Integer" to "Local Time").
enum TOMLScalar {
  /// Why a word is no value.
  enum Complaint: Error, Equatable {
    /// It is no attempt at a number or date: text without its quotes.
    case text
    /// What is wrong and how to mend it.
    case wrong(String)
  }

  static func isValue(_ word: [UInt8]) -> Bool { (try? read(word)) != nil }

  static func read(_ word: [UInt8]) throws(Complaint) -> TOMLValue {
    if word.elementsEqual("true".utf8) { return .bool(true) }
    if word.elementsEqual("false".utf8) { return .bool(false) }
    if TOMLDateTime.isLike(word) { return try TOMLDateTime.read(word) }
    if let special = specialFloat(word) { return .float(special) }
    let sign = word.first.map { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") } ?? false
    let digits = word.dropFirst(sign ? 1 : 0)
    guard digits.first?.isDigit == true || digits.first == UInt8(ascii: ".") else {
      throw complaint(onWord: shown(word))
    }
    if digits.first == UInt8(ascii: "0"), let letter = digits.dropFirst().first, letter.isLetter,
      let radix = radix(letter | 0x20)
    {
      return .integer(try integer(word, radix, hasSign: sign, isCapital: letter & 0x20 == 0))
    }
    return try decimal(word, hasSign: sign)
  }

  /// A word for messages.
  static func shown(_ word: [UInt8]) -> String {
    SourceExcerpt.word(String(decoding: word, as: UTF8.self))
  }

  private static func specialFloat(_ word: [UInt8]) -> Double? {
    switch String(decoding: word, as: UTF8.self) {
    case "inf", "+inf": .infinity
    case "-inf": -.infinity
    case "nan", "+nan": .nan
    case "-nan": -.nan
    default: nil
    }
  }

  private static func complaint(onWord word: String) -> Complaint {
    switch word.lowercased() {
    case "true", "yes", "on", "enabled": .wrong("'\(word)' is no value; write true.")
    case "false", "no", "off", "disabled": .wrong("'\(word)' is no value; write false.")
    case "null", "nil", "none", "undefined":
      .wrong("TOML has no '\(word)'; leave the key out to get its default.")
    case "inf", "+inf", "-inf", "nan", "+nan", "-nan":
      .wrong("Write inf and nan in small letters.")
    default: .text
    }
  }

  // MARK: integers with a prefix

  private static func radix(_ letter: UInt8) -> Int? {
    switch letter {
    case UInt8(ascii: "x"): 16
    case UInt8(ascii: "o"): 8
    case UInt8(ascii: "b"): 2
    default: nil
    }
  }

  private static func integer(
    _ word: [UInt8], _ radix: Int, hasSign: Bool, isCapital: Bool
  ) throws(Complaint) -> Int64 {
    if hasSign { throw .wrong("'\(shown(word))': a number with a prefix has no sign; delete it.") }
    if isCapital {
      throw .wrong("'\(shown(word))': write the prefix in a small letter: 0x, 0o, 0b.")
    }
    var run = TOMLDigits(word, from: 2)
    let digits = try run.take(radix: radix)
    guard run.isAtEnd, !digits.isEmpty else {
      throw .wrong(
        "'\(shown(word))' is no number to the base \(radix); if it is text, put it in quotes.")
    }
    return try integer(digits, radix, of: word)
  }

  private static func integer(
    _ digits: [UInt8], _ radix: Int, of word: [UInt8]
  ) throws(Complaint) -> Int64 {
    guard let value = Int64(String(decoding: digits, as: UTF8.self), radix: radix) else {
      throw .wrong(
        "'\(shown(word))' is too large; whole numbers go from \(Int64.min) to \(Int64.max).")
    }
    return value
  }

  // MARK: decimal numbers

  private static func decimal(_ word: [UInt8], hasSign: Bool) throws(Complaint) -> TOMLValue {
    var run = TOMLDigits(word, from: hasSign ? 1 : 0)
    let whole = try run.take(radix: 10)
    let fraction = try fraction(&run, after: whole, of: word)
    let exponent = try exponent(&run, of: word)
    guard run.isAtEnd else { throw .text }
    if whole.count > 1, whole.first == UInt8(ascii: "0") {
      throw .wrong(
        "'\(shown(word))': a number has no leading zero; delete it, or put text in quotes.")
    }
    let number = (hasSign ? [word[0]] : []) + whole
    if fraction.isEmpty, exponent.isEmpty { return .integer(try integer(number, 10, of: word)) }
    let text = String(decoding: number + fraction + exponent, as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw .wrong("'\(shown(word))' is too large for a decimal number.")
    }
    return .float(value)
  }

  /// The point and its digits, or nothing.
  private static func fraction(
    _ run: inout TOMLDigits, after whole: [UInt8], of word: [UInt8]
  ) throws(Complaint) -> [UInt8] {
    guard run.take(UInt8(ascii: ".")) else { return [] }
    let digits = try run.take(radix: 10)
    if whole.isEmpty || digits.isEmpty {
      throw .wrong("'\(shown(word))': a decimal point has digits on both sides.")
    }
    return [UInt8(ascii: ".")] + digits
  }

  /// The `e`, its sign and its digits, or nothing.
  private static func exponent(
    _ run: inout TOMLDigits, of word: [UInt8]
  ) throws(Complaint) -> [UInt8] {
    guard run.take(UInt8(ascii: "e")) || run.take(UInt8(ascii: "E")) else { return [] }
    let isNegative = run.take(UInt8(ascii: "-"))
    if !isNegative { _ = run.take(UInt8(ascii: "+")) }
    let digits = try run.take(radix: 10)
    if digits.isEmpty {
      throw .wrong("'\(shown(word))': digits are missing after the exponent's e.")
    }
    return Array((isNegative ? "e-" : "e").utf8) + digits
  }
}

/// Runs of digits with single underscores between them.
struct TOMLDigits {
  private let word: [UInt8]
  private var offset: Int

  init(_ word: [UInt8], from offset: Int) {
    self.word = word
    self.offset = offset
  }

  var isAtEnd: Bool { offset >= word.count }

  mutating func take(_ byte: UInt8) -> Bool {
    guard offset < word.count, word[offset] == byte else { return false }
    offset += 1
    return true
  }

  /// The digits here, without their underscores; empty if there are none.
  mutating func take(radix: Int) throws(TOMLScalar.Complaint) -> [UInt8] {
    var digits: [UInt8] = []
    var isAfterDigit = false
    while offset < word.count {
      let byte = word[offset]
      if byte == UInt8(ascii: "_") {
        guard isAfterDigit else { throw underscore }
        isAfterDigit = false
      } else if let value = JSONLexer.hexDigit(byte), value < radix {
        digits.append(byte)
        isAfterDigit = true
      } else {
        break
      }
      offset += 1
    }
    if !digits.isEmpty, !isAfterDigit { throw underscore }
    return digits
  }

  private var underscore: TOMLScalar.Complaint {
    .wrong(
      "'\(TOMLScalar.shown(word))': an underscore in a number stands between two "
        + "digits.")
  }
}
