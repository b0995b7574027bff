/// The value of JSON numbers that the lexer has accepted (RFC 8259 §6).
struct JSONNumber {
  /// The number is (negative ? -1 : 1) · digits · 10^exponent, and `digits` does not end in a zero.
  private(set) var negative = false
  private(set) var digits: UInt64 = 0
  private(set) var exponent = 0
  /// Whether `digits` holds every digit; if not, those beyond the 19th or so were dropped.
  private(set) var exact = true

  /// Reads the number in `range`.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    var zeros = 0
    var fraction = false
    var offset = range.lowerBound
    scan: while offset < range.upperBound {
      let byte = ByteSearch.peek(bytes, offset)
      switch byte {
      case UInt8(ascii: "-"): negative = true
      case UInt8(ascii: "."): fraction = true
      case UInt8(ascii: "0"):
        zeros &+= 1
        if fraction { exponent &-= 1 }
      case UInt8(ascii: "1")...UInt8(ascii: "9"):
        append(UInt64(byte &- UInt8(ascii: "0")), after: zeros)
        zeros = 0
        if fraction { exponent &-= 1 }
      default: break scan
      }
      offset &+= 1
    }
    exponent &+= zeros
    if offset < range.upperBound {
      exponent &+= Self.exponent(bytes, (offset &+ 1)..<range.upperBound)
    }
  }

  /// The number as an integer, or nil if it is not integral or does not fit.
  var integer: Int64? {
    if digits == 0, exact { return 0 }
    guard exact, exponent >= 0, exponent < 19 else { return nil }
    var value = digits
    for _ in 0..<exponent {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
    }
    if negative {
      return value <= 1 &<< 63 ? Int64(truncatingIfNeeded: 0 &- value) : nil
    }
    return Int64(exactly: value)
  }

  /// The number as a double, or nil if it is too large for one. Correctly rounded up to 15 digits
  /// and powers of ten up to 22; beyond that within a few units in the last place.
  var double: Double? {
    var value = Double(digits)
    var rest = exponent.magnitude
    if digits == 0 { rest = 0 }
    var power = 1.0
    var factor = 10.0
    // 10^22 is the last power of ten that a double holds exactly.
    while rest > 22, value != 0, value.isFinite {
      value = exponent < 0 ? value / 1e22 : value * 1e22
      rest -= 22
    }
    while rest > 0, value != 0, value.isFinite {
      if rest & 1 == 1 { power *= factor }
      factor *= factor
      rest >>= 1
    }
    value = exponent < 0 ? value / power : value * power
    guard value.isFinite else { return nil }
    return negative ? -value : value
  }

  /// Appends `zeros` zeros and a digit that is not zero. What does not fit any more is dropped,
  /// and only its places are counted.
  private mutating func append(_ digit: UInt64, after zeros: Int) {
    var value = digits
    var overflow = !exact
    for _ in 0...zeros where !overflow {
      (value, overflow) = value.multipliedReportingOverflow(by: 10)
    }
    if !overflow { (value, overflow) = value.addingReportingOverflow(digit) }
    if overflow {
      exact = false
      exponent &+= zeros &+ 1
    } else {
      digits = value
    }
  }

  /// The exponent after the "e", held within bounds in which nothing can overflow.
  private static func exponent(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    var value = 0
    var negative = false
    for offset in range {
      let byte = ByteSearch.peek(bytes, offset)
      if byte == UInt8(ascii: "-") { negative = true }
      if byte &- UInt8(ascii: "0") < 10 {
        value = min(value &* 10 &+ Int(byte &- UInt8(ascii: "0")), 1 &<< 40)
      }
    }
    return negative ? -value : value
  }
}
