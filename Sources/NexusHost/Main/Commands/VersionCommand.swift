import Config

/// `nexus version`, `nexus --version`.
enum VersionCommand {
  static func run() -> Int32 {
    Terminal.say("nexus \(NexusVersion.text)\n")
    return ExitCode.success
  }
}
