import CConform
import Drivers

/// What children found, put together.
struct Outcome {
  var findings: [ConformanceFinding] = []
  var complaints: [String] = []
  private(set) var plays = 0
  /// Groups or checks that were not tried to their end, with the reason.
  private var skipped: [String: String] = [:]
  /// Whether the driver can be asked nothing more.
  private(set) var mustStop = false

  /// Leaves out groups of checks.
  mutating func stop(_ reason: String, _ groups: [String]) {
    for group in groups { skipped[group] = reason }
  }

  /// Takes over what the children noted and how they ended.
  mutating func take(_ trials: [EndedTrial]) {
    for trial in trials {
      guard let process = trial.process else {
        if case .failed(let reason) = trial.ending { complaints.append(reason) }
        mustStop = true
        continue
      }
      add(process.page.findings)
      plays += Int(process.page.address.pointee.plays)
      if process.page.address.pointee.confined == 0 {
        for group in ["load", "table", "exchange"] {
          skipped["\(group).calls"] = "this kernel filters no system calls"
        }
      }
      switch trial.ending {
      case .fell, .hung:
        let report = FallReport(
          page: process.page, ending: trial.ending, status: process.status)
        add([report.finding()])
        isCutShort(trial.trial)
      case .stopped: isCutShort(trial.trial)
      case .finished, .failed: break
      }
      // A table with a fault cannot be relied on.
      if trial.trial == .load, findings.contains(where: Self.isOfTable) { mustStop = true }
    }
  }

  private static func isOfTable(_ finding: ConformanceFinding) -> Bool {
    finding.check.hasPrefix("load.") || finding.check.hasPrefix("table.")
      || finding.check == "file.exports" && finding.text.contains("no nexus_driver_entry")
  }

  private mutating func isCutShort(_ trial: Trial) {
    let groups = trial == .load ? ["load", "table"] : ["exchange"]
    for group in groups { skipped[group] = "the trial ended before its time" }
  }

  private mutating func add(_ new: [ConformanceFinding]) {
    for finding in new
    where findings.count(where: { $0.check == finding.check }) < 4 && !findings.contains(finding) {
      findings.append(finding)
    }
  }

  /// The same recording must lead to the same in every process: their addresses are other ones.
  mutating func compare(_ trials: [EndedTrial], _ exchanges: [RecordedExchange]) {
    guard !findings.contains(where: { $0.check == "exchange.determinism" }) else { return }
    for (index, exchange) in exchanges.enumerated() {
      let digests = Set(trials.compactMap { $0.process?.page.digest(index) }.filter { $0 != 0 })
      guard digests.count > 1 else { continue }
      add([
        ConformanceFinding(
          "exchange.determinism",
          "Two processes come to different results: does an address or memory that nobody wrote to "
            + "reach them?", exchange: exchange.name, play: Play.whole.label)
      ])
    }
  }

  /// Each operation that the driver declares must have led to success with some recording.
  mutating func judgeSuccess(
    _ trials: [EndedTrial], _ exchanges: [RecordedExchange], path: String, isWhole: Bool
  ) {
    guard isWhole, !findings.contains(where: { $0.check.hasPrefix("exchange.") }) else { return }
    var bits: UInt64 = 0
    for trial in trials { bits |= trial.process?.page.address.pointee.succeeded ?? 0 }
    let succeeded = OperationSet(rawValue: bits)
    for kind in declared(path).kinds where !succeeded.contains(kind) {
      let recorded = exchanges.count { $0.kind == kind }
      findings.append(
        ConformanceFinding(
          "exchange.success",
          "None of \(recorded) recordings leads \(kind.name) to success. Record one of your server "
            + "(docs/PLUGIN_ABI.md, \"Recordings\") and name its directory with --exchanges."))
    }
  }

  private func declared(_ path: String) -> OperationSet {
    guard let note = try? DriverInspector.inspect(path: path).note else { return [] }
    let names = note.list("operations")
    return OperationSet(
      OperationKind.allCases.filter { names.contains($0.name) }.map(OperationSet.init))
  }

  /// What came of each check that was asked for.
  func results(only: String?) -> [(check: ConformanceCheck, outcome: CheckOutcome)] {
    ConformanceCheck.all.compactMap { check in
      let found = findings.filter { $0.check == check.id }
      if let only, only.contains("/") { return found.isEmpty ? nil : (check, .failed(found)) }
      guard only == nil || only == check.id || only == check.group else { return nil }
      if !found.isEmpty { return (check, .failed(found)) }
      if let reason = skipped[check.id] ?? skipped[check.group] { return (check, .skipped(reason)) }
      return (check, .passed)
    }
  }
}
