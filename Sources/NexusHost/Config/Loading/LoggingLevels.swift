extension Settings.Logging {
  /// The levels of all components. Throws for a component that there is none of.
  public var levels: LogLevels {
    get throws(UsageError) { try LogLevels(level, named: componentLevels) }
  }

  /// Takes a level for all, which leaves those of components as they are, or levels by component as
  /// `LogLevels.parse` reads them.
  mutating func apply(_ filter: String) throws(SettingFault) {
    if let level = LogLevel(rawValue: filter.lowercased()) {
      self.level = level
      return
    }
    do {
      let levels = try LogLevels.parse(filter, over: levels)
      level = levels.base
      componentLevels = levels.named
    } catch {
      throw SettingFault(error)
    }
  }
}

extension SettingFault {
  /// The same in the words of a command line's mistake.
  init(_ error: UsageError) {
    description = error.description
    isSecret = false
  }
}
