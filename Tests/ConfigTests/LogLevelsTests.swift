import Testing

@testable import Config

struct LogLevelsTests {
  @Test(arguments: [
    ("debug", "debug"), ("INFO", "info"), ("routing=debug", "info,routing=debug"),
    ("info,routing=debug,fleet=trace", "info,fleet=trace,routing=debug"),
    ("api = warn , error", "error,api=warn"), ("nexus.api=trace", "info,api=trace"),
    ("registry=debug", "info,fleet=debug"), ("warn,api=warn", "warn"),
  ]) func filtersAreRead(text: String, meaning: String) throws {
    let levels = try LogLevels.parse(text)
    #expect(levels.description == meaning)
    #expect(try LogLevels.parse(levels.description) == levels)
  }

  /// What a change at run time does not name stays, unless it gives a level for all.
  @Test func changesBuildOnWhatIs() throws {
    let current = try LogLevels.parse("warn,api=debug")
    #expect(
      try LogLevels.parse("fleet=trace", over: current).description
        == "warn,api=debug,fleet=trace")
    #expect(try LogLevels.parse("api=warn", over: current).description == "warn")
    #expect(try LogLevels.parse("info", over: current).description == "info")
  }

  @Test(arguments: [
    ("", "no log level"), ("dbug", "Did you mean 'debug'"),
    ("routng=debug", "Did you mean 'routing'"),
    ("api=", "no log level"), ("=debug", "no component ''"), ("a=b=c", "COMPONENT=LEVEL"),
    ("info,,api=warn", "no log level"),
  ]) func mistakesAreExplained(text: String, expected: String) {
    #expect {
      try LogLevels.parse(text)
    } throws: {
      "\($0)".contains(expected)
    }
  }

  @Test func aConfigurationNamesComponents() throws {
    #expect(try LogLevels(.info, named: ["api": .debug])[.api] == .debug)
    #expect(throws: UsageError.self) { try LogLevels(.info, named: ["apo": .debug]) }
  }

  @Test func everyComponentIsFoundByItsName() {
    for component in LogComponent.allCases {
      #expect(LogComponent(name: "\(component.name)") == component)
    }
  }

  /// A level alone is that of the key; levels by component set both keys.
  @Test func filtersSetTheConfiguration() throws {
    var logging = Settings.Logging()
    logging.componentLevels = ["api": .trace]
    try logging.apply("WARN")
    #expect(logging.level == .warn)
    #expect(logging.componentLevels == ["api": .trace])
    try logging.apply("routing=debug")
    #expect(try logging.levels.description == "warn,api=trace,routing=debug")
    try logging.apply("info,fleet=error")
    #expect(try logging.levels.description == "info,fleet=error")
    #expect(throws: SettingFault.self) { try logging.apply("flet=error") }
    logging.componentLevels["flet"] = .error
    #expect(throws: UsageError.self) { try logging.levels }
  }

  @Test func theEnvironmentAndTheCommandLineTakeFilters() throws {
    let line = "serve --log-level info,api=debug"
    let flags = try FlagValues(Invocation.parse(line.split(separator: " ").map(String.init)))
    let variables = ["NEXUS_LOG": "warn,fleet=trace", "NEXUS_LOG_LEVEL": "error"]
    let environment = SettingsLoader.load(environment: { variables[$0] })
    #expect(try environment.settings.logging.levels.description == "warn,fleet=trace")
    #expect(environment.origins["logging.component_levels.fleet"] == .environment("NEXUS_LOG"))
    let both = SettingsLoader.load(environment: { variables[$0] }, flags: flags)
    #expect(try both.settings.logging.levels.description == "info,api=debug")
  }
}
