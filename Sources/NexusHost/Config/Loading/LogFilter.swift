/// Log levels in one text: "info,routing=debug".
public struct LogFilter: Equatable, Sendable {
  /// The level of everything else, or nil to leave it as it is.
  public let level: LogLevel?
  /// Component → level.
  public let components: [String: LogLevel]

  static let variable = "NEXUS_LOG"

  /// Reads levels and `component=level`, divided by commas.
  public init(_ text: String) throws(SettingFault) {
    var level: LogLevel?
    var components: [String: LogLevel] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      if sides.count == 1, level == nil {
        level = try Self.level(part)
      } else if sides.count == 2, !sides[0].isEmpty {
        components[String(sides[0])] = try Self.level(sides[1])
      } else {
        throw SettingFault("give levels such as info,routing=debug")
      }
    }
    self.level = level
    self.components = components
  }

  private static func level(_ text: Substring) throws(SettingFault) -> LogLevel {
    let words = LogLevel.allCases.map(\.rawValue)
    guard case .text(let word) = try SettingKind.word(words).string(String(text)),
      let level = LogLevel(rawValue: word)
    else { throw SettingFault("give levels such as info,routing=debug") }
    return level
  }
}
