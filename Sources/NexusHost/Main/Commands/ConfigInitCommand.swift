import Config
import Glibc

/// `nexus config init`: writes a commented configuration file.
enum ConfigInitCommand {
  static func run(_ invocation: Invocation) -> Int32 {
    let path = invocation.value("--output") ?? ConfigurationPlace.usualName
    let text = invocation.has("--minimal") ? SampleFile.minimal() : SampleFile.full()
    if path == "-" {
      Terminal.say(text)
      return ExitCode.success
    }
    guard write(text, to: path, overwriting: invocation.has("--force")) else {
      let error = errno
      Terminal.complain(
        error == EEXIST
          ? "Error: File already exists: \(path). Use --force to overwrite.\n"
          : "Error: cannot write \(path): \(String(cString: strerror(error))).\n")
      return ExitCode.failure
    }
    Terminal.say(
      """
      ✓ Configuration file created: \(path)
        Edit it, then try 'nexus config check' and 'nexus serve'.

      """)
    return ExitCode.success
  }

  /// False with `errno` set if it could not be written.
  private static func write(_ text: String, to path: String, overwriting: Bool) -> Bool {
    // O_EXCL: nobody's file is lost that came between a look and the writing.
    let how = O_WRONLY | O_CREAT | O_CLOEXEC | (overwriting ? O_TRUNC : O_EXCL)
    let file = open(path, how, 0o644)
    guard file >= 0 else { return false }
    let isWritten = Terminal.write(text, to: file)
    let error = errno
    guard close(file) == 0, isWritten else {
      errno = isWritten ? errno : error
      return false
    }
    return true
  }
}
