import Text

/// A place in a trace: which trace, which span of it, and whether it is recorded. Told from server to
/// server in the field `traceparent` (W3C Trace Context, w3.org/TR/trace-context).
public struct TraceContext: Equatable, Sendable {
  public let trace: TraceID
  /// The span; never 0.
  public let span: UInt64
  /// Whether whoever began the trace wants it recorded.
  public let isSampled: Bool

  public init(trace: TraceID, span: UInt64, isSampled: Bool) {
    self.trace = trace
    self.span = span
    self.isSampled = isSampled
  }

  /// Reads the value of a field, which stands at `range`; nil if it is not exactly as it has to be, and
  /// then there is no trace to go on with (§4.3). Later versions may have more behind what is known.
  public init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    guard range.count >= Self.length else { return nil }
    let value = bytes.extracting(range)
    guard let version = Self.number(value, 0..<2), version != 0xFF,
      value[2] == Self.dash, value[35] == Self.dash, value[52] == Self.dash,
      let high = Self.number(value, 3..<19), let low = Self.number(value, 19..<35),
      let span = Self.number(value, 36..<52), let flags = Self.number(value, 53..<55),
      high | low != 0, span != 0
    else { return nil }
    if range.count > Self.length {
      guard version > 0, value[Self.length] == Self.dash else { return nil }
    }
    trace = TraceID(high: high, low: low)
    self.span = span
    // The others mean nothing to us, and are then not passed on (§3.2.2.5.2).
    isSampled = flags & 1 == 1
  }

  /// Appends the field as a header line.
  public func appendLine(to out: inout [UInt8]) {
    JSONWriter.appendRaw("traceparent: 00-", to: &out)
    trace.append(to: &out)
    out.append(Self.dash)
    HexDigits.append(span, to: &out)
    JSONWriter.appendRaw(isSampled ? "-01\r\n" : "-00\r\n", to: &out)
  }

  /// Of version 00.
  private static let length = 55
  private static let dash = UInt8(ascii: "-")

  /// A number in hexadecimal digits, of which only small letters count (§3.2.2).
  private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
    var number: UInt64 = 0
    for index in range {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - 0x57)
      default: return nil
      }
    }
    return number
  }
}

/// Which trace; never 0.
public struct TraceID: Equatable, Sendable {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 hexadecimal digits.
  public var digits: [UInt8] {
    var digits: [UInt8] = []
    append(to: &digits)
    return digits
  }

  /// Appends them.
  public func append(to out: inout [UInt8]) {
    HexDigits.append(high, to: &out)
    HexDigits.append(low, to: &out)
  }
}

/// Sixteen hexadecimal digits for a number.
enum HexDigits {
  static func append(_ number: UInt64, to out: inout [UInt8]) {
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      let digit = UInt8(number >> shift & 15)
      out.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }
}
