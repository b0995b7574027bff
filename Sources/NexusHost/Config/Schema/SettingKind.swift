import Text

/// What values a key takes.
public indirect enum SettingKind: Equatable, Sendable {
  /// A string that is not empty.
  case text
  /// A name or an address to listen on.
  case host
  /// The base URL of a server.
  case url
  /// The name of an environment variable.
  case variable
  /// The path of a file or a directory.
  case path
  /// A pattern of names, as `Glob` reads it.
  case glob
  case whole(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  /// Bytes; in a file and on a command line also with a unit, such as 10MiB.
  case size(ClosedRange<Int>)
  case flag
  /// One of these words, or a spelling that means one of them. In any case of letters.
  case word([String], synonyms: [String: String] = [:])
  /// A log level, or levels by component: "info,routing=debug".
  case levels
  /// A list of strings.
  case list
  /// A list of whole numbers.
  case wholes(ClosedRange<Int>)
  /// Names with values of that kind.
  case map(SettingKind)

  /// What to give, for the end of a sentence: "a whole number from 1 to 65535".
  public var wanted: String {
    switch self {
    case .text: "a string"
    case .host: "an address such as 127.0.0.1, 0.0.0.0 or ::1, or a host name"
    case .url: "a base URL such as http://192.168.1.20:11434"
    case .variable: "the name of an environment variable, such as OPENAI_API_KEY"
    case .path: "a path"
    case .glob: "a pattern such as gpt-4*"
    case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "a number \(Self.bounds(range))"
    case .size(let range):
      "a size from \(Self.size(range.lowerBound)) to \(Self.size(range.upperBound)),"
        + " such as 10MiB"
    case .flag: "true or false"
    case .word(let words, _):
      words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    case .levels: "a level, or levels by component such as info,routing=debug"
    case .list: "a list of strings"
    case .wholes(let range):
      "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)"
    case .map(.text): "a table of strings"
    case .map(.list): "a table of lists of strings"
    case .map(let kind): "a table whose values are \(kind.wanted)"
    }
  }

  var isSize: Bool { if case .size = self { true } else { false } }

  /// A value of this kind as TOML writes it.
  public func toml(_ value: SettingValue) -> String {
    if isSize, case .whole(let bytes) = value { return "\"\(Self.size(bytes))\"" }
    return value.toml
  }

  /// Reads a text from the environment or the command line.
  func read(_ text: String) throws(SettingFault) -> SettingValue {
    switch self {
    case .whole(let range):
      guard let number = Int(text) else { throw SettingFault("give \(wanted)") }
      return try check(.whole(number), range.contains(number))
    case .number(let range):
      guard let number = Double(text) else { throw SettingFault("give \(wanted)") }
      return try check(.number(number), range.contains(number))
    case .size(let range):
      guard let bytes = Self.bytes(text) else { throw SettingFault("give \(wanted)") }
      return try check(.whole(bytes), range.contains(bytes))
    case .flag:
      guard let flag = Self.flag(text) else { throw SettingFault("give \(wanted)") }
      return .flag(flag)
    case .list, .wholes, .map: throw SettingFault("this can only be set in a file")
    case .text, .host, .url, .variable, .path, .glob, .word, .levels: return try string(text)
    }
  }

  /// Checks a string of a kind that is written as one.
  func string(_ text: String) throws(SettingFault) -> SettingValue {
    switch self {
    case .host: return .text(try SettingText.host(text))
    case .variable: return try check(.text(text), SettingText.isVariable(text))
    case .word(let words, let synonyms):
      let lower = text.lowercased()
      if words.contains(lower) { return .text(lower) }
      if let meant = synonyms[lower] { return .text(meant) }
      throw SettingFault("give \(wanted)", hint: Suggestion.hint(for: lower, among: words))
    case .levels:
      do {
        _ = try LogLevels.parse(text)
        return .text(text)
      } catch {
        throw SettingFault(error)
      }
    case .glob:
      do {
        return .text(try Glob(text).pattern)
      } catch {
        throw SettingFault("Invalid glob pattern: \(error.message.withoutStop)")
      }
    default:
      guard !text.isEmpty else { throw SettingFault("this is empty; give \(wanted)") }
      guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw SettingFault("there is a control character in it; give \(wanted)")
      }
      return .text(text)
    }
  }

  private func check(_ value: SettingValue, _ isFit: Bool) throws(SettingFault) -> SettingValue {
    guard isFit else { throw SettingFault("give \(wanted)") }
    return value
  }

  /// "true", "1", "yes", "on" and their opposites, in any case of letters.
  static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "1", "yes", "on": true
    case "false", "0", "no", "off": false
    default: nil
    }
  }

  /// A number of bytes, plain or with KiB, MiB, GiB, kB, MB, GB or K, M, G (powers of 1,024).
  static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).lowercased()
    let factors = [
      "": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "kib": 1 << 10, "mib": 1 << 20,
      "gib": 1 << 30, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000,
    ]
    guard let count = Int(digits), let factor = factors[unit] else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  /// Bytes in the largest binary unit that leaves no remainder.
  static func size(_ bytes: Int) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")]
    where bytes >= 1 << shift && bytes & ((1 << shift) - 1) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
  }

  private static func bounds(_ range: ClosedRange<Double>) -> String {
    let low = plain(range.lowerBound)
    return range.upperBound >= 1e9
      ? "of \(low) or more" : "from \(low) to \(plain(range.upperBound))"
  }

  /// Whole numbers without their ".0".
  private static func plain(_ number: Double) -> String {
    number.rounded() == number && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }
}

extension String {
  /// The text without a full stop at its end.
  fileprivate var withoutStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
