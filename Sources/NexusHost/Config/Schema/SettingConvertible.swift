/// A type of a field of `Settings`: what its values look like in a file.
protocol SettingConvertible: SendableMetatype {
  /// Nil if the value is none of this type.
  init?(_ value: SettingValue)
  /// Nil if nothing is set.
  var settingValue: SettingValue? { get }
}

extension String: SettingConvertible {
  init?(_ value: SettingValue) {
    guard case .text(let text) = value else { return nil }
    self = text
  }
  var settingValue: SettingValue? { .text(self) }
}

extension Int: SettingConvertible {
  init?(_ value: SettingValue) {
    guard case .whole(let number) = value else { return nil }
    self = number
  }
  var settingValue: SettingValue? { .whole(self) }
}

extension UInt16: SettingConvertible {
  init?(_ value: SettingValue) {
    guard case .whole(let number) = value else { return nil }
    self.init(exactly: number)
  }
  var settingValue: SettingValue? { .whole(Int(self)) }
}

extension Double: SettingConvertible {
  init?(_ value: SettingValue) {
    guard case .number(let number) = value else { return nil }
    self = number
  }
  var settingValue: SettingValue? { .number(self) }
}

extension Bool: SettingConvertible {
  init?(_ value: SettingValue) {
    guard case .flag(let flag) = value else { return nil }
    self = flag
  }
  var settingValue: SettingValue? { .flag(self) }
}

/// What may be in a list of the file.
protocol SettingListItem: SendableMetatype {
  static func items(_ value: SettingValue) -> [Self]?
  static func settingValue(_ items: [Self]) -> SettingValue
}

extension Array: SettingConvertible where Element: SettingListItem {
  init?(_ value: SettingValue) {
    guard let items = Element.items(value) else { return nil }
    self = items
  }
  var settingValue: SettingValue? { Element.settingValue(self) }
}

extension String: SettingListItem {
  static func items(_ value: SettingValue) -> [String]? {
    guard case .list(let items) = value else { return nil }
    return items
  }
  static func settingValue(_ items: [String]) -> SettingValue { .list(items) }
}

extension UInt16: SettingListItem {
  static func items(_ value: SettingValue) -> [UInt16]? {
    guard case .wholes(let items) = value else { return nil }
    let numbers = items.compactMap { UInt16(exactly: $0) }
    return numbers.count == items.count ? numbers : nil
  }
  static func settingValue(_ items: [UInt16]) -> SettingValue { .wholes(items.map { Int($0) }) }
}

extension Optional: SettingConvertible where Wrapped: SettingConvertible {
  init?(_ value: SettingValue) {
    guard let wrapped = Wrapped(value) else { return nil }
    self = wrapped
  }
  var settingValue: SettingValue? { self?.settingValue }
}

extension Dictionary: SettingConvertible where Key == String, Value: SettingConvertible {
  init?(_ value: SettingValue) {
    guard case .map(let entries) = value else { return nil }
    self.init()
    for entry in entries {
      guard let value = Value(entry.value) else { return nil }
      self[entry.key] = value
    }
  }

  /// In the order of the keys, so that equal dictionaries look alike.
  var settingValue: SettingValue? {
    .map(
      sorted { $0.key < $1.key }.compactMap { key, value in
        value.settingValue.map { SettingEntry(key, $0) }
      })
  }
}

extension SettingConvertible where Self: RawRepresentable, RawValue == String {
  init?(_ value: SettingValue) {
    guard case .text(let word) = value else { return nil }
    self.init(rawValue: word)
  }
  var settingValue: SettingValue? { .text(rawValue) }
}

extension LogLevel: SettingConvertible {}
extension LogFormat: SettingConvertible {}
extension Settings.Strategy: SettingConvertible {}
extension Settings.HardLimitAction: SettingConvertible {}
extension Settings.Zone: SettingConvertible {}
extension Settings.Cancel: SettingConvertible {}

extension Settings.Price: SettingConvertible {
  /// "1.25/10": two numbers that are not negative.
  init?(_ value: SettingValue) {
    guard case .text(let text) = value else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let input = Self.dollars(parts[0]), let output = Self.dollars(parts[1])
    else { return nil }
    self.init(input: input, output: output)
  }

  var settingValue: SettingValue? { .text("\(Self.text(input))/\(Self.text(output))") }

  private static let most = 1_000_000.0

  private static func dollars(_ part: Substring) -> Double? {
    let digits = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
    guard let value = Double(String(digits)), value.isFinite, (0...most).contains(value) else {
      return nil
    }
    return value
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}
