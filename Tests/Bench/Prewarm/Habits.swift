import LatencyModels

/// A model and when people ask for it.
struct Habit {
  let model: String
  let bytes: UInt64
  /// Seconds that it takes to come into memory.
  let load: Double
  /// Requests in an hour, by weekday (0 is Monday) and hour of the day in UTC.
  let rate: @Sendable (_ weekday: Int, _ hour: Int) -> Double

  private static let gigabyte: UInt64 = 1_000_000_000

  /// Somebody codes at the office, a family chats in the evening, something is indexed by night,
  /// somebody writes at weekends, and one model is tried now and then.
  static let all = [
    Habit(model: "coder", bytes: 9 * gigabyte, load: 18) { weekday, hour in
      guard weekday < 5, (9..<18).contains(hour) else { return 0 }
      return hour == 12 ? 3 : 14
    },
    Habit(model: "chat", bytes: 5 * gigabyte, load: 10) { _, hour in
      (19..<23).contains(hour) ? 9 : 0
    },
    Habit(model: "index", bytes: 16 * gigabyte, load: 40) { _, hour in hour == 2 ? 60 : 0 },
    Habit(model: "writer", bytes: 8 * gigabyte, load: 16) { weekday, hour in
      weekday >= 5 && (10..<16).contains(hour) ? 8 : 0
    },
    Habit(model: "curious", bytes: 4 * gigabyte, load: 8) { _, _ in 0.15 },
  ]
}

/// A request of the four weeks.
struct Request {
  let model: Int
  /// Seconds since the start.
  let time: Double
  /// Seconds that its answer takes.
  let service: Double
}

extension Request {
  static let week = 7.0 * 86_400
  static let weeks = 4

  /// All requests in order of time: within each hour a Poisson process; a day in fifteen is a holiday
  /// of its model.
  static func all(seed: UInt64) -> [Request] {
    var random = Random(seed: seed)
    var requests: [Request] = []
    for (number, habit) in Habit.all.enumerated() {
      for day in 0..<weeks * 7 where random.fraction() > 1.0 / 15 {
        for hour in 0..<24 {
          let rate = habit.rate(day % 7, hour)
          guard rate > 0 else { continue }
          var minute = random.exponential(mean: 3_600 / rate)
          while minute < 3_600 {
            requests.append(
              Request(
                model: number, time: Double(day * 24 + hour) * 3_600 + minute,
                service: random.logNormal(median: 12, sigma: 0.8)))
            minute += random.exponential(mean: 3_600 / rate)
          }
        }
      }
    }
    return requests.sorted { $0.time < $1.time }
  }
}
