import Text

/// A model's history as the state keeps it: JSON such as `{"first":20781,"hours":[-9,14,3,-6]}`.
///
/// `first` is the day (since 1970) of the first hour; a number of `hours` is the requests of an hour,
/// or, if it is negative, so many hours without any.
enum DemandText {
  /// The text; nil if there is nothing to keep.
  static func json(_ demand: ModelDemand) -> [UInt8]? {
    guard let latest = demand.latestDay else { return nil }
    let window = ModelDemand.window(until: latest * 24 + 23)
    guard let oldest = window.first(where: { demand[$0] > 0 }),
      let newest = window.last(where: { demand[$0] > 0 })
    else { return nil }
    let first = ModelDemand.split(oldest).day
    return JSONText.object { text in
      text.member("first", first)
      text.array("hours") { list in
        var idle = 0
        for hour in first * 24...newest {
          if demand[hour] == 0 {
            idle += 1
          } else {
            if idle > 0 { list.value(-idle) }
            idle = 0
            list.value(demand[hour])
          }
        }
      }
    }
  }

  /// What such a text says; nil unless it is one.
  static func read(_ bytes: [UInt8]) -> ModelDemand? {
    guard let document = JSONDocument(bytes),
      let first = document.integer(document.member("first")), abs(first) < farthestDay,
      let hours = document.member("hours"), hours.kind == .array
    else { return nil }
    var demand = ModelDemand()
    var hour = Int(first) * 24
    let end = hour + ModelDemand.hours
    var isSound = true
    document.forEachElement(hours) { element in
      guard isSound, let number = document.integer(element), number >= -Int64(ModelDemand.hours),
        hour < end
      else { return isSound = false }
      if number > 0 { demand.add(UInt64(number), in: hour) }
      hour += number < 0 ? Int(-number) : 1
    }
    return isSound ? demand : nil
  }

  /// Days since 1970 that no clock shows.
  private static let farthestDay: Int64 = 100_000_000
}
