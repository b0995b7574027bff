import Config
import Conformance
import Drivers

/// `nexus plugins check FILE`: whether a driver keeps the rules of the ABI.
enum PluginsCheckCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let only = invocation.value("--only")
    if let only, !ConformanceRun.isKnown(only: only) {
      let hint = Suggestion.hint(for: only, among: ConformanceCheck.all.map(\.id))
      throw UsageError("There is no check '\(only)'.\(hint)")
    }
    var seed: UInt64 = 1
    if let asked = invocation.value("--seed") {
      guard let number = UInt64(asked) else {
        throw UsageError("'--seed' needs a number, not '\(asked)'.")
      }
      seed = number
    }
    guard !(invocation.has("--json") && invocation.has("--tap")) else {
      throw UsageError("'--json' and '--tap' are two forms of the same; give one.")
    }
    let own = invocation.values["--exchanges"] ?? []
    let isBare = invocation.has("--no-shipped")
    let report = ConformanceRun(
      path: invocation.operands.first ?? "", directories: (isBare ? [] : shipped) + own,
      seed: seed, only: only
    ).run()
    let text = CheckReportText(report: report, exchanges: own, isBare: isBare)
    if invocation.has("--json") {
      Terminal.say(json: text.json())
    } else if invocation.has("--tap") {
      Terminal.say(text.tap())
    } else {
      Terminal.say(text.people(Style(invocation)))
    }
    return report.passed ? ExitCode.success : ExitCode.failure
  }

  /// The recordings that came with the program.
  private static var shipped: [String] {
    SharedDirectory.resolve("nexus/exchanges").map { [$0] } ?? []
  }
}
