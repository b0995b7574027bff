import Config

/// `nexus doctor`: finds out what keeps things from working, and tells how to mend it.
enum DoctorCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let report = DoctorReport(findings: try Doctor.run(invocation))
    Terminal.say(invocation.has("--json") ? report.json() : report.text(Style(invocation)))
    return report.level == .fail ? ExitCode.failure : ExitCode.success
  }
}
