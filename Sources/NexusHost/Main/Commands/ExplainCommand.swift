import Config
import Glibc
import HTTP
import Text

/// `nexus explain`: where a request for a model would go now, and why.
enum ExplainCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    guard invocation.has("--model") || invocation.has("--file") else {
      throw UsageError(
        "'nexus explain' needs a model: nexus explain --model MODEL, or --file FILE with a request."
      )
    }
    let request: [UInt8]?
    do {
      request = try invocation.value("--file").map(RequestFile.read)
    } catch {
      Terminal.complain("Error: \(error)\n")
      return ExitCode.failure
    }
    let operation = invocation.value("--operation") ?? request.flatMap(RequestFile.operation)
    let body = JSONText.object { text in
      if let model = invocation.value("--model") { text.member("model", model) }
      if let operation { text.member("operation", operation) }
      if let mode = invocation.value("--mode") { text.member("mode", mode) }
      if let request { text.raw("request", request) }
    }
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      let answer = try client.json(.post, "/explain", body: body)
      if invocation.has("--json") {
        Terminal.say(json: answer.bytes)
      } else {
        Terminal.say(RouteText.text(answer, Style(invocation)))
      }
      return ExitCode.success
    }
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

  /// What a request with these members is for; nil if it is a chat.
  static func operation(_ request: [UInt8]) -> String? {
    guard let document = JSONDocument(request), document.member("messages") == nil else {
      return nil
    }
    if document.member("prompt") != nil { return "completions" }
    return document.member("input") != nil ? "embeddings" : nil
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
