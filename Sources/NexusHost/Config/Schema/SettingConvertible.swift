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

extension [String]: SettingConvertible {
  init?(_ value: SettingValue) {
    guard case .list(let items) = value else { return nil }
    self = items
  }
  var settingValue: SettingValue? { .list(self) }
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
