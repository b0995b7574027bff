import Net
import Text

/// Writes moments for people and programs; the text of the present second is kept.
struct LogStamp {
  /// Digits behind the seconds.
  enum Precision { case milliseconds, microseconds }

  private var second = Int64.min
  /// "2026-11-24T05:44:00"
  private var text: [UInt8] = []

  /// Appends "2026-11-24T05:44:00.123456Z" (RFC 3339) for nanoseconds since the start of 1970.
  mutating func append(_ nanoseconds: Int64, _ precision: Precision, to out: ByteBuffer) {
    let second = nanoseconds / 1_000_000_000
    if second != self.second {
      self.second = second
      text = Array(UTCTime(unixSeconds: second).text.utf8.dropLast())
    }
    out.append(text)
    out.append(byte: UInt8(ascii: "."))
    let rest = nanoseconds % 1_000_000_000
    switch precision {
    case .milliseconds: Self.append(rest / 1_000_000, width: 100, to: out)
    case .microseconds: Self.append(rest / 1_000, width: 100_000, to: out)
    }
    out.append(byte: UInt8(ascii: "Z"))
  }

  /// Digits with zeros before them; `width` is the weight of the first one.
  private static func append(_ value: Int64, width: Int64, to out: ByteBuffer) {
    var weight = width
    while weight > 0 {
      out.append(byte: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / weight % 10))
      weight /= 10
    }
  }
}
