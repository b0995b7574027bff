/// A value and where it stands.
public struct TOMLNode: Sendable {
  public let value: TOMLValue
  /// The value itself; for a table with a header, the header; for one that dotted keys made, its
  /// name in the first of these keys.
  public let place: TOMLPlace

  public init(value: TOMLValue, place: TOMLPlace) {
    self.value = value
    self.place = place
  }
}

/// A value of TOML 1.0.
///
/// Dates and times are text in the form of RFC 3339, checked against the calendar, with a capital
/// `T` between date and time and a capital `Z`; fractions of a second have the digits of the file.
public indirect enum TOMLValue: Sendable {
  case string(String)
  case integer(Int64)
  case float(Double)
  case bool(Bool)
  case offsetDateTime(String)
  case localDateTime(String)
  case localDate(String)
  case localTime(String)
  case array([TOMLNode])
  case table(TOMLTable)

  /// What it is, in words for messages: "a string", "a whole number", "a table".
  public var kindName: String {
    switch self {
    case .string: "a string"
    case .integer: "a whole number"
    case .float: "a decimal number"
    case .bool(let value): value ? "true" : "false"
    case .offsetDateTime, .localDateTime: "a date with time"
    case .localDate: "a date"
    case .localTime: "a time of day"
    case .array: "a list"
    case .table: "a table"
    }
  }
}
