/// How much each part of the program says: one level for all, and others for some of them.
public struct LogLevels: Equatable, Sendable {
  /// The level of the components that have none of their own.
  public let base: LogLevel
  /// The levels of single components; none equals `base`.
  public let exceptions: [LogComponent: LogLevel]

  public init(_ base: LogLevel = .info, exceptions: [LogComponent: LogLevel] = [:]) {
    self.base = base
    self.exceptions = exceptions.filter { $0.value != base }
  }

  /// Levels as a configuration has them: names of components with their levels.
  public init(_ base: LogLevel, named: [String: LogLevel]) throws(UsageError) {
    var exceptions: [LogComponent: LogLevel] = [:]
    for (name, level) in named { exceptions[try Self.component(name)] = level }
    self.init(base, exceptions: exceptions)
  }

  /// The exceptions by the names of their components.
  public var named: [String: LogLevel] {
    Dictionary(uniqueKeysWithValues: exceptions.map { ("\($0.key.name)", $0.value) })
  }

  /// The level of a component.
  public subscript(component: LogComponent) -> LogLevel { exceptions[component] ?? base }

  /// Reads "debug", "routing=debug" or "info,routing=debug,fleet=trace".
  ///
  /// A level alone is for all components; without one, those that are not named keep what they have
  /// in `current`.
  public static func parse(
    _ text: String, over current: LogLevels = LogLevels()
  ) throws(UsageError) -> LogLevels {
    var base: LogLevel?
    var named: [LogComponent: LogLevel] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: "=", omittingEmptySubsequences: false).map(trimmed)
      switch words.count {
      case 1: base = try level(words[0])
      case 2: named[try component(words[0])] = try level(words[1])
      default: throw UsageError("'\(part)' should be COMPONENT=LEVEL.")
      }
    }
    let exceptions = base == nil ? current.exceptions.merging(named) { $1 } : named
    return LogLevels(base ?? current.base, exceptions: exceptions)
  }

  private static func trimmed(_ word: Substring) -> String {
    let start = word.drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }

  private static func level(_ word: String) throws(UsageError) -> LogLevel {
    if let level = LogLevel(rawValue: word.lowercased()) { return level }
    let levels = LogLevel.allCases.map(\.rawValue)
    let hint = Suggestion.hint(for: word, among: levels)
    throw UsageError(
      "'\(word)' is no log level; give \(levels.joined(separator: ", ")), or COMPONENT=LEVEL"
        + " with commas between them.\(hint)")
  }

  private static func component(_ name: String) throws(UsageError) -> LogComponent {
    if let component = LogComponent(name: name) { return component }
    let names = LogComponent.names
    throw UsageError(
      "the log has no component '\(name)'.\(Suggestion.hint(for: name, among: names))"
        + " Components are: \(names.joined(separator: ", ")).")
  }
}

/// The text that `parse` reads: the level for all first, then the exceptions by name.
extension LogLevels: CustomStringConvertible {
  public var description: String {
    let exceptions = named.map { "\($0.key)=\($0.value.rawValue)" }.sorted()
    return ([base.rawValue] + exceptions).joined(separator: ",")
  }
}
