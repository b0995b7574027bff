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
      throw complaint(onWord: String(decoding: word, as: UTF8.self))
    }
    if digits.first == UInt8(ascii: "0"), let letter = digits.dropFirst().first, letter.isLetter,
      let radix = radix(letter | 0x20)
    {
      return .integer(try integer(word, radix, hasSign: sign, isCapital: letter & 0x20 == 0))
    }
    return try decimal(word, hasSign: sign)
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
    let text = String(decoding: word, as: UTF8.self)
    if hasSign { throw .wrong("'\(text)': a number with a prefix has no sign; delete it.") }
    if isCapital { throw .wrong("'\(text)': write the prefix in a small letter: 0x, 0o, 0b.") }
    var run = TOMLDigits(word, from: 2)
    let digits = try run.take(radix: radix)
    guard run.isAtEnd, !digits.isEmpty else {
      throw .wrong("'\(text)' is no number to the base \(radix); if it is text, put it in quotes.")
    }
    return try integer(digits, radix, text)
  }

  private static func integer(
    _ digits: [UInt8], _ radix: Int, _ text: String
  ) throws(Complaint) -> Int64 {
    guard let value = Int64(String(decoding: digits, as: UTF8.self), radix: radix) else {
      throw .wrong(
        "'\(text)' is too large; whole numbers go from \(Int64.min) to \(Int64.max).")
    }
    return value
  }

  // MARK: decimal numbers

  private static func decimal(_ word: [UInt8], hasSign: Bool) throws(Complaint) -> TOMLValue {
    let text = String(decoding: word, as: UTF8.self)
    var run = TOMLDigits(word, from: hasSign ? 1 : 0)
    let whole = try run.take(radix: 10)
    var digits = (hasSign ? [word[0]] : []) + whole
    var isFloat = false
    if run.take(UInt8(ascii: ".")) {
      isFloat = true
      let fraction = try run.take(radix: 10)
      if whole.isEmpty || fraction.isEmpty {
        throw .wrong("'\(text)': a decimal point has digits on both sides.")
      }
      digits += [UInt8(ascii: ".")] + fraction
    }
    if run.take(UInt8(ascii: "e")) || run.take(UInt8(ascii: "E")) {
      isFloat = true
      digits.append(UInt8(ascii: "e"))
      if run.take(UInt8(ascii: "-")) {
        digits.append(UInt8(ascii: "-"))
      } else {
        _ = run.take(UInt8(ascii: "+"))
      }
      let exponent = try run.take(radix: 10)
      if exponent.isEmpty { throw .wrong("'\(text)': digits are missing after the exponent's e.") }
      digits += exponent
    }
    guard run.isAtEnd else { throw .text }
    if whole.count > 1, whole.first == UInt8(ascii: "0") {
      throw .wrong("'\(text)': a number has no leading zero; delete it, or put text in quotes.")
    }
    guard isFloat else { return .integer(try integer(digits, 10, text)) }
    guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else {
      throw .wrong("'\(text)' is too large for a decimal number.")
    }
    return .float(value)
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
      "'\(String(decoding: word, as: UTF8.self))': an underscore in a number stands between two "
        + "digits.")
  }
}
