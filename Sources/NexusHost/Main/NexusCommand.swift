import Config
import Conformance

/// Exit codes of the program.
enum ExitCode {
  static let success: Int32 = 0
  /// The command was understood and failed.
  static let failure: Int32 = 1
  /// The command line is wrong.
  static let usage: Int32 = 2
  /// No running gateway could be reached.
  static let unreachable: Int32 = 3

  /// A second signal cut a stop short; the shell's convention.
  static func killed(by signal: Int32) -> Int32 { 128 + signal }
}

/// The program: reads the command line and runs the command.
enum NexusCommand {
  /// Runs what `words`, the words after the program's name, ask for; gives the exit code.
  static func run(_ words: [String]) -> Int32 {
    guard let first = words.first else {
      Terminal.complain(HelpText.overview())
      return ExitCode.usage
    }
    switch first {
    case "--version", "-V": return VersionCommand.run()
    case "--help", "-h":
      Terminal.say(HelpText.overview())
      return ExitCode.success
    case TrialChild.name: return TrialChild.run(Array(words.dropFirst()))
    case CompleteCommand.name: return CompleteCommand.run(Array(words.dropFirst()))
    default: break
    }
    do {
      return try dispatch(Invocation.parse(words))
    } catch {
      Terminal.complain("Error: \(error)\n")
      return ExitCode.usage
    }
  }

  private static func dispatch(_ invocation: Invocation) throws(UsageError) -> Int32 {
    if invocation.wantsHelp { return try HelpCommand.run([invocation.command.name]) }
    return switch invocation.command {
    case Commands.serve: try ServeCommand.run(invocation)
    case Commands.backendsList: try BackendsListCommand.run(invocation)
    case Commands.backendsAdd: try BackendsAddCommand.run(invocation)
    case Commands.backendsRemove, Commands.backendsDrain, Commands.backendsUndrain:
      try BackendChangeCommand.run(invocation)
    case Commands.modelsList: ModelsCommand.run(invocation)
    case Commands.modelsLoad, Commands.modelsUnload, Commands.modelsMigrate:
      try ModelOrderCommand.run(invocation)
    case Commands.jobs: try JobsCommand.run(invocation)
    case Commands.health: try HealthCommand.run(invocation)
    case Commands.reload: try ReloadCommand.run(invocation)
    case Commands.logLevel: try LogLevelCommand.run(invocation)
    case Commands.explain: try ExplainCommand.run(invocation)
    case Commands.advice: AdviceCommand.run(invocation)
    case Commands.top: try TopCommand.run(invocation)
    case Commands.tail: try TailCommand.run(invocation)
    case Commands.configInit: ConfigInitCommand.run(invocation)
    case Commands.configCheck: try ConfigCheckCommand.run(invocation)
    case Commands.configShow: try ConfigShowCommand.run(invocation)
    case Commands.configReference: try ConfigReferenceCommand.run(invocation)
    case Commands.pluginsList: try PluginsListCommand.run(invocation)
    case Commands.pluginsInfo: PluginsInfoCommand.run(invocation)
    case Commands.pluginsCheck: try PluginsCheckCommand.run(invocation)
    case Commands.doctor: try DoctorCommand.run(invocation)
    case Commands.completions: try CompletionsCommand.run(invocation)
    case Commands.version: VersionCommand.run(invocation)
    default: try HelpCommand.run(invocation)
    }
  }
}
