/// Numbers as people read them, short.
public enum Figures {
  /// What stands where nothing is known.
  public static let none = "-"

  /// Milliseconds as "7ms", "1.24s", "2m05s", "3h12m".
  public static func duration(_ milliseconds: Double?) -> String {
    guard let milliseconds, milliseconds.isFinite, milliseconds >= 0 else { return none }
    let whole = Int64(min(milliseconds, 1e15).rounded())
    if whole < 1_000 { return "\(whole)ms" }
    if whole < 60_000 { return "\(fixed(milliseconds / 1_000, whole < 10_000 ? 2 : 1))s" }
    return span(whole / 1_000)
  }

  /// Seconds as "45s", "2m05s", "3h12m", "5d03h".
  public static func span(_ seconds: Int64) -> String {
    let seconds = max(0, seconds)
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3_600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
    if seconds < 86_400 { return "\(seconds / 3_600)h\(two(seconds / 60 % 60))m" }
    return "\(seconds / 86_400)d\(two(seconds / 3_600 % 24))h"
  }

  /// "0", "0.4", "12.3", "456", "12k", "3.4M".
  public static func rate(_ value: Double?) -> String {
    guard let value, value.isFinite, value >= 0 else { return none }
    if value == 0 { return "0" }
    if value < 99.95 { return fixed(value, 1) }
    return count(Int64(min(value, 9e18).rounded()))
  }

  /// "0", "999", "9999", "12k", "3.4M", "5.6G".
  public static func count(_ value: Int64) -> String {
    switch value {
    case ..<10_000: "\(value)"
    case ..<1_000_000: "\(value / 1_000)k"
    case ..<1_000_000_000: "\(fixed(Double(value) / 1e6, 1))M"
    default: "\(fixed(Double(value) / 1e9, 1))G"
    }
  }

  /// A share from 0 to 1 as "0%", "0.4%", "12%".
  public static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return none }
    let percent = min(max(share, 0), 1) * 100
    if percent == 0 || percent >= 9.95 { return "\(Int(percent.rounded()))%" }
    return "\(fixed(percent, 1))%"
  }

  /// Dollars as "$0.0012", "$1.25", "$120".
  public static func dollars(_ value: Double?) -> String {
    guard let value, value.isFinite, value >= 0 else { return none }
    return "$\(fixed(min(value, 1e12), value >= 100 ? 0 : value >= 1 || value == 0 ? 2 : 4))"
  }

  /// With so many decimals, rounded.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    let factor = (0..<decimals).reduce(Int64(1)) { product, _ in product * 10 }
    let scaled = Int64((min(max(value, 0), 1e12) * Double(factor)).rounded())
    guard decimals > 0 else { return "\(scaled)" }
    let rest = "\(scaled % factor)"
    return "\(scaled / factor)." + String(repeating: "0", count: decimals - rest.utf8.count) + rest
  }

  /// With two digits.
  static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
