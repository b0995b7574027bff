/// The value of a key, in the shape that all sources have in common: the file, the environment, the
/// command line and `Settings` itself.
public enum SettingValue: Equatable, Sendable {
  case text(String)
  case whole(Int)
  case number(Double)
  case flag(Bool)
  case list([String])
  case wholes([Int])
  /// Entries in the order in which they count.
  case map([SettingEntry])

  /// The value as TOML writes it, on one line.
  public var toml: String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .whole(let number): "\(number)"
    case .number(let number): number.isFinite ? "\(number)" : number.isNaN ? "nan" : "inf"
    case .flag(let flag): flag ? "true" : "false"
    case .list(let items): "[\(items.map(Self.quoted).joined(separator: ", "))]"
    case .wholes(let items): "[\(items.map(String.init).joined(separator: ", "))]"
    case .map(let entries) where entries.isEmpty: "{}"
    case .map(let entries):
      "{ \(entries.map { "\(Self.key($0.key)) = \($0.value.toml)" }.joined(separator: ", ")) }"
    }
  }

  /// A key as TOML writes it: bare if it can be, else in quotes.
  public static func key(_ key: String) -> String {
    let isBare = key.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
    return isBare && !key.isEmpty ? key : quoted(key)
  }

  /// A basic string (TOML 1.0, "String").
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// A key with its value.
public struct SettingEntry: Equatable, Sendable {
  public let key: String
  public let value: SettingValue

  public init(_ key: String, _ value: SettingValue) {
    self.key = key
    self.value = value
  }
}

/// Why a value cannot be taken: what to give instead, as a sentence in lower case.
public struct SettingFault: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
  /// Whether the value is one that must not be shown.
  let isSecret: Bool

  /// `remedy` stands without its full stop; `hint` begins with a blank.
  init(_ remedy: String, hint: String = "", isSecret: Bool = false) {
    description = "\(remedy).\(hint)"
    self.isSecret = isSecret
  }
}
