import Net
import Text

/// Writes moments for people and programs; the text of the present second is kept.
struct LogStamp {
  /// Digits behind the seconds.
  enum Precision { case milliseconds, microseconds }

  private var second = Int64.min
  /// "2026-11-24T05:44:00."
  private var text: [UInt8] = []

  /// Appends "2026-11-24T05:44:00.123456Z" (RFC 3339) for nanoseconds since the start of 1970.
  mutating func append(_ nanoseconds: Int64, _ precision: Precision, to out: ByteBuffer) {
    let second = nanoseconds / 1_000_000_000
    if second != self.second {
      self.second = second
      text = Array(UTCTime(unixSeconds: second).text.utf8.dropLast()) + [UInt8(ascii: ".")]
    }
    out.append(text)
    let rest = UInt64(max(0, nanoseconds % 1_000_000_000))
    switch precision {
    case .milliseconds: out.append(decimal: rest / 1_000_000, digits: 3)
    case .microseconds: out.append(decimal: rest / 1_000, digits: 6)
    }
    out.append(byte: UInt8(ascii: "Z"))
  }
}
