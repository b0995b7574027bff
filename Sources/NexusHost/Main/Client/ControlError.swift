/// Why a command could not have a running gateway do what it wants.
enum ControlError: Error {
  /// What was said of where the gateway is cannot be; the text is the whole message.
  case misnamed(String)
  /// No gateway answers; the text tells where one was looked for.
  case notRunning(String)
  /// There is a gateway at that path, but this user may not speak to it.
  case notAllowed(String)
  /// Several gateways run, at these paths, and none was named.
  case ambiguous([String])
  /// The connection broke, nothing came in time, or what came is no answer.
  case broken(String)
  /// The gateway answered that it could not. `body` is the whole answer, which may hold more.
  case answered(status: Int, code: String, message: String, body: [UInt8])

  /// What the program ends with.
  var exitCode: Int32 {
    switch self {
    case .notRunning, .notAllowed, .broken: ExitCode.unreachable
    case .misnamed, .ambiguous: ExitCode.usage
    case .answered: ExitCode.failure
    }
  }
}

extension ControlError: CustomStringConvertible {
  /// What is wrong and how to mend it.
  var description: String {
    switch self {
    case .misnamed(let why): why
    case .notRunning(let why):
      "no running gateway was found (\(why)). Start one with 'nexus serve',"
        + " or say where it is with --port N or --control-socket PATH."
    case .notAllowed(let path):
      "this user may not speak to the gateway at \(path)."
        + " Run the command as the gateway's user or as root, for example with sudo."
    case .ambiguous(let paths):
      "several gateways run; say which one with --port N: \(paths.joined(separator: ", "))."
    case .broken(let why): "the gateway did not answer: \(why)."
    case .answered(_, _, let message, _): message
    }
  }
}
