/// Dates and times (RFC 3339 as narrowed by TOML 1.0 "Offset Date-Time" to "Local Time").
enum TOMLDateTime {
  /// Whether a word starts as a date or a time does, right or wrong.
  static func isLike(_ word: [UInt8]) -> Bool {
    let digits = word.prefix { $0.isDigit }.count
    guard digits > 0, digits < word.count else { return false }
    let next = word[digits]
    let afterNext = digits + 1 < word.count ? word[digits + 1] : 0
    return (next == UInt8(ascii: "-") && afterNext.isDigit)
      || (next == UInt8(ascii: ":") && afterNext.isDigit && digits <= 2)
  }

  static func read(_ word: [UInt8]) throws(TOMLScalar.Complaint) -> TOMLValue {
    var reader = Reader(word)
    let isTime = word.prefix { $0.isDigit }.count <= 2 && word.contains(UInt8(ascii: ":"))
    if isTime {
      try reader.time()
      guard reader.isAtEnd else { throw reader.complaint(reader.form) }
      return .localTime(reader.text)
    }
    try reader.date()
    if reader.isAtEnd { return .localDate(reader.text) }
    try reader.separator()
    try reader.time()
    if reader.isAtEnd { return .localDateTime(reader.text) }
    try reader.offset()
    guard reader.isAtEnd else { throw reader.complaint(reader.form) }
    return .offsetDateTime(reader.text)
  }

  private struct Reader {
    private let word: [UInt8]
    private var index = 0
    private var out: [UInt8] = []
    let form = "write 2026-05-27, 07:32:00, or 2026-05-27T07:32:00Z; put text in quotes."

    init(_ word: [UInt8]) { self.word = word }

    var isAtEnd: Bool { index >= word.count }
    var text: String { String(decoding: out, as: UTF8.self) }

    func complaint(_ how: String) -> TOMLScalar.Complaint {
      .wrong("'\(TOMLScalar.shown(word))' is no date or time: \(how)")
    }

    mutating func date() throws(TOMLScalar.Complaint) {
      let year = try number(4)
      try sign(UInt8(ascii: "-"))
      let month = try number(2)
      try sign(UInt8(ascii: "-"))
      let day = try number(2)
      guard (1...12).contains(month) else { throw complaint("months go from 01 to 12.") }
      let last = Self.days(month, of: year)
      guard (1...last).contains(day) else {
        throw complaint("the days of this month go from 01 to \(last).")
      }
    }

    /// `T` or a space, written as `T`.
    mutating func separator() throws(TOMLScalar.Complaint) {
      guard !isAtEnd, word[index] | 0x20 == UInt8(ascii: "t") || word[index] == .space else {
        throw complaint(form)
      }
      out.append(UInt8(ascii: "T"))
      index += 1
    }

    mutating func time() throws(TOMLScalar.Complaint) {
      let hour = try number(2)
      try sign(UInt8(ascii: ":"))
      let minute = try number(2)
      try sign(UInt8(ascii: ":"))
      let second = try number(2)
      // 60 is a leap second.
      guard hour < 24, minute < 60, second <= 60 else {
        throw complaint("hours go to 23, minutes to 59, seconds to 60.")
      }
      guard !isAtEnd, word[index] == UInt8(ascii: ".") else { return }
      let start = index
      repeat {
        out.append(word[index])
        index += 1
      } while !isAtEnd && word[index].isDigit
      if index == start + 1 { throw complaint("digits are missing after the point.") }
    }

    mutating func offset() throws(TOMLScalar.Complaint) {
      if word[index] | 0x20 == UInt8(ascii: "z") {
        out.append(UInt8(ascii: "Z"))
        index += 1
        return
      }
      try sign(word[index] == UInt8(ascii: "-") ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      let hour = try number(2)
      try sign(UInt8(ascii: ":"))
      let minute = try number(2)
      guard hour < 24, minute < 60 else {
        throw complaint("hours of an offset go to 23, minutes to 59.")
      }
    }

    private mutating func number(_ digits: Int) throws(TOMLScalar.Complaint) -> Int {
      var value = 0
      for _ in 0..<digits {
        guard !isAtEnd, word[index].isDigit else { throw complaint(form) }
        value = value * 10 + Int(word[index] & 0xF)
        out.append(word[index])
        index += 1
      }
      return value
    }

    private mutating func sign(_ byte: UInt8) throws(TOMLScalar.Complaint) {
      guard !isAtEnd, word[index] == byte else { throw complaint(form) }
      out.append(byte)
      index += 1
    }

    private static func days(_ month: Int, of year: Int) -> Int {
      switch month {
      case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
      case 4, 6, 9, 11: 30
      default: 31
      }
    }
  }
}
