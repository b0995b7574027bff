import Config
import Drivers
import Text

/// `nexus version`, `nexus --version`.
enum VersionCommand {
  static func run(_ invocation: Invocation? = nil) -> Int32 {
    guard invocation?.has("--json") == true else {
      Terminal.say("nexus \(NexusVersion.text)\n")
      return ExitCode.success
    }
    let bytes = JSONText.object { text in
      text.member("version", NexusVersion.text)
      text.member("abi", DriverDescriptor.hostABI)
      text.member("target", target)
    }
    Terminal.say(json: bytes)
    return ExitCode.success
  }

  /// The processor and system that it was built for.
  private static var target: String {
    #if arch(arm64)
      "aarch64-linux"
    #else
      "x86_64-linux"
    #endif
  }
}
