/// A moment in Coordinated Universal Time, split into what people read.
public struct UTCTime: Equatable, Sendable {
  public let year: Int
  /// 1...12.
  public let month: Int
  /// 1...31.
  public let day: Int
  public let hour: Int
  public let minute: Int
  public let second: Int

  /// The moment `unixSeconds` seconds after the start of 1970, in the Gregorian calendar.
  public init(unixSeconds: Int64) {
    let days = unixSeconds >= 0 ? unixSeconds / 86_400 : (unixSeconds - 86_399) / 86_400
    let rest = Int(unixSeconds - days * 86_400)
    hour = rest / 3_600
    minute = rest / 60 % 60
    second = rest % 60
    // Counted from 1 March 0000, so that the leap day is the last of its year; 719,468 days lie
    // between that day and the start of 1970, and 146,097 days make 400 years.
    let shifted = Int(days) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// "2026-11-24T05:44:00Z" (RFC 3339).
  public var text: String {
    let date = "\(Self.padded(year, to: 4))-\(Self.padded(month))-\(Self.padded(day))"
    return "\(date)T\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))Z"
  }

  private static func padded(_ value: Int, to width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
