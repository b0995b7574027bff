/// The time stamps of HTTP (RFC 9110 §5.6.7).
public enum HTTPDate {
  /// Unix seconds of "Sun, 06 Nov 1994 08:49:37 GMT", the one form that may be sent; nil for anything
  /// else.
  public static func unixSeconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 29, text.hasSuffix(" GMT"), bytes[3] == UInt8(ascii: ","),
      bytes[19] == UInt8(ascii: ":"), bytes[22] == UInt8(ascii: ":")
    else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      Int(String(decoding: bytes[range], as: UTF8.self))
    }
    let name = String(decoding: bytes[8..<11], as: UTF8.self)
    guard let month = months.firstIndex(of: name), let day = number(5..<7),
      let year = number(12..<16), let hour = number(17..<19), let minute = number(20..<22),
      let second = number(23..<25)
    else { return nil }
    // The year begins in March, so that the leap day is its last (as in `UTCTime`).
    let shiftedYear = month < 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
    let days =
      365 * shiftedYear + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400 + dayOfYear
      - 719_468
    return Int64(days) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
