import Config
import Drivers
import HTTP
import Text

/// `nexus __complete WORD...`: what could stand in the place of the last word, for the shells'
/// scripts. A hidden command: its arguments are somebody's unfinished line and are not read as its
/// own.
///
/// Prints "words", "files" or "directories", and for words one candidate a line, with a tab and its
/// meaning behind it. Who presses a key twice wants an answer at once, so a gateway that does not
/// give it in time is as good as none, and nothing is said of it.
enum CompleteCommand {
  static let name = "__complete"
  /// Milliseconds for the gateway's answer.
  private static let patience: UInt64 = 300

  static func run(_ words: [String]) -> Int32 {
    let completion = Completion.of(words)
    switch completion.choices {
    case .files: Terminal.say("files\n")
    case .directories: Terminal.say("directories\n")
    case .free, .words, .commands: say(completion.candidates)
    case .backends: say(completion.fitting(ask(completion, "/backends", "backends", "name")))
    case .models: say(completion.fitting(ask(completion, "/models", "models", "id")))
    case .jobs: say(completion.fitting(ask(completion, "/jobs", "jobs", "operation_id")))
    case .types: say(completion.fitting(types(completion)))
    }
    return ExitCode.success
  }

  private static func say(_ candidates: [Completion.Candidate]) {
    let lines = candidates.map { candidate in
      "\(TextTable.printable(candidate.text))\t\(candidate.help)\n"
    }
    Terminal.say("words\n\(lines.joined())")
  }

  private static func ask(
    _ completion: Completion, _ target: String, _ list: StaticString, _ member: StaticString
  ) -> [String] {
    guard let invocation = completion.invocation,
      let settings = try? Configuration(invocation).read().settings,
      let client = try? ControlClient(invocation, configured: settings.server),
      let answer = try? client.json(.get, target, within: patience)
    else { return [] }
    let names = JSONRow.list(answer, list).compactMap { $0.text(member) }
    return Set(names).sorted()
  }

  private static func types(_ completion: Completion) -> [String] {
    DriverLoader.load(
      directory: PluginDirectory.resolve(completion.invocation?.value("--plugins"))
    ).types
  }
}
