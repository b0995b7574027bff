import Config
import Glibc
import HTTP
import Text

/// `nexus explain`: where a request went, or would go now, and why.
enum ExplainCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let isDryRun = invocation.has("--model") || invocation.has("--file")
    guard let id = invocation.operands.first else {
      guard isDryRun else {
        throw UsageError(
          "'nexus explain' needs a request or a model: nexus explain REQUEST-ID (the header"
            + " x-request-id of its answer), nexus explain --model MODEL, or --file FILE.")
      }
      return try dryRun(invocation)
    }
    guard invocation.operands.count == 1, !isDryRun else {
      throw UsageError("'nexus explain' takes one request, or --model or --file, not both.")
    }
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      say(try client.json(.get, ControlClient.target("explain", id)), invocation)
    }
  }

  /// Where a request would go now.
  private static func dryRun(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let request: [UInt8]?
    do {
      request = try invocation.value("--file").map(RequestFile.read)
    } catch {
      Terminal.complain("Error: \(error)\n")
      return ExitCode.failure
    }
    let body = JSONText.object { text in
      for name in ["model", "operation", "mode"] {
        if let value = invocation.value("--\(name)") { text.member(name, value) }
      }
      if let request { text.raw("request", request) }
    }
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      say(try client.json(.post, "/explain", body: body), invocation)
    }
  }

  private static func say(_ answer: JSONDocument, _ invocation: Invocation) -> Int32 {
    if invocation.has("--json") {
      Terminal.say(json: answer.bytes)
    } else {
      Terminal.say(RouteText.text(answer, Style(invocation)))
    }
    return ExitCode.success
  }
}

/// A request's body in a file.
private enum RequestFile {
  /// The control socket takes 1 MiB.
  private static let limit = 1_000_000

  /// The content, which is JSON; "-" is standard input.
  static func read(_ path: String) throws(SmallFile.Failure) -> [UInt8] {
    let bytes: [UInt8]
    do {
      bytes = path == "-" ? try standardInput() : try SmallFile.read(path, limit: limit)
    } catch {
      throw SmallFile.Failure("cannot read \(path): \(error).")
    }
    do {
      return try JSONDocument.parse(bytes).bytes
    } catch {
      throw SmallFile.Failure(
        "\(path) is not valid JSON: \(error.message) at byte \(error.offset).")
    }
  }

  private static func standardInput() throws(SmallFile.Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 * 1024)
    while bytes.count <= limit {
      let count = Glibc.read(STDIN_FILENO, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
    }
    throw SmallFile.Failure("it is longer than \(limit) bytes")
  }
}
