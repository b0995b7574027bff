/// How often a model was asked for in each hour (UTC) of today and the thirty days before: a value of
/// fixed size.
///
/// A day has its place by its number, and takes it from whatever day stood there. So a clock that
/// jumps costs the days that are written meanwhile at most: what a wrong date left behind is of no day
/// that anybody asks for.
public struct ModelDemand: Equatable, Sendable {
  /// Days that are remembered: thirty whole ones and the present.
  public static let days = 31
  /// Hours of these.
  public static let hours = days * 24

  /// Number of the day (since 1970) at each place.
  private var dates = [Int](repeating: .min, count: days)
  /// 24 for each place.
  private var counts = [UInt32](repeating: 0, count: hours)

  public init() {}

  /// Adds requests to an hour, counted since 1970. A count that is full stays so.
  public mutating func add(_ requests: UInt64, in hour: Int) {
    let (day, hourOfDay) = Self.split(hour)
    let place = Self.place(of: day)
    if dates[place] != day {
      dates[place] = day
      for index in place * 24..<place * 24 + 24 { counts[index] = 0 }
    }
    let index = place * 24 + hourOfDay
    let (sum, isFull) = counts[index].addingReportingOverflow(UInt32(clamping: requests))
    counts[index] = isFull ? .max : sum
  }

  /// Requests of an hour, counted since 1970; 0 if it is not remembered.
  public subscript(hour: Int) -> Int {
    let (day, hourOfDay) = Self.split(hour)
    let place = Self.place(of: day)
    return dates[place] == day ? Int(counts[place * 24 + hourOfDay]) : 0
  }

  /// The hours of the window that ends with `hour`, oldest first.
  public static func window(until hour: Int) -> ClosedRange<Int> {
    (split(hour).day - days + 1) * 24...hour
  }

  /// Requests of the window that ends with `hour`.
  public func total(until hour: Int) -> Int {
    Self.window(until: hour).reduce(0) { $0 + self[$1] }
  }

  /// The first hour with requests of that window.
  public func oldest(until hour: Int) -> Int? {
    Self.window(until: hour).first { self[$0] > 0 }
  }

  /// The last hour with requests of that window.
  public func newest(until hour: Int) -> Int? {
    Self.window(until: hour).last { self[$0] > 0 }
  }

  /// The latest day that it has, whatever the time is now.
  var latestDay: Int? {
    dates.max().flatMap { $0 == .min ? nil : $0 }
  }

  // MARK: Hours

  /// The hour of a moment in Unix seconds.
  public static func hour(of seconds: Int64) -> Int { divided(Int(seconds), by: 3_600) }

  /// Day since 1970 and hour of the day.
  static func split(_ hour: Int) -> (day: Int, hour: Int) {
    let day = divided(hour, by: 24)
    return (day, hour - day * 24)
  }

  /// Day of the week of a day since 1970, which began with a Thursday; 0 is Monday.
  static func weekday(of day: Int) -> Int { day + 3 - divided(day + 3, by: 7) * 7 }

  private static func place(of day: Int) -> Int { day - divided(day, by: days) * days }

  /// Rounded down, also below zero.
  private static func divided(_ value: Int, by divisor: Int) -> Int {
    value >= 0 ? value / divisor : (value + 1) / divisor - 1
  }
}
