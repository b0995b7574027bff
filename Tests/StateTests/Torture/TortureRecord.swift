import Control

/// The records of the torture, each known from its number alone.
enum TortureRecord {
  /// At most so many are under way at once.
  static let window = 8

  static func number(_ number: Int) -> StateRecord {
    // A few keys, so that most records replace others; some remove what is there.
    let key = "key\(number &* 7 % 5)"
    let kind = number % 3 == 0 ? "drain" : "backend"
    guard number % 11 != 5 else { return StateRecord(kind: kind, key: key, value: nil) }
    let padding = String(repeating: "x", count: number &* 31 % 50)
    return StateRecord(kind: kind, key: key, value: Array("\"\(number):\(padding)\"".utf8))
  }
}
