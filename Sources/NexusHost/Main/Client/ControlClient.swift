import Config
import Gateway
import Glibc
import HTTP
import Text

/// Speaks to a running gateway over its control socket. Blocks the calling thread: for commands.
struct ControlClient {
  /// The gateway's control socket.
  let path: String
  /// The connection for all calls; nil if each is to have its own.
  private var kept: ControlConnection?

  /// How long an answer is waited for, in milliseconds, unless a call says otherwise.
  private static let answerTime: UInt64 = 30_000

  /// Finds the gateway that the options of a command (`Commands.gateway`) or the environment name,
  /// or else the one that runs. `configured` is what a configuration file says of it.
  init(_ invocation: Invocation, configured: Settings.Server? = nil) throws(ControlError) {
    let environment = { ControlSocket.environment($0).flatMap { $0.isEmpty ? nil : $0 } }
    let port =
      if let text = invocation.value("--port") {
        try Self.port(text, "--port")
      } else {
        try Self.port(environment("NEXUS_PORT"), "NEXUS_PORT")
      }
    var finder = GatewayFinder(
      named: invocation.value("--control-socket") ?? environment(ControlSocketPath.variable),
      port: port, preferredPort: configured?.port,
      directories: ControlSocketPath.forClient(environment: environment, user: geteuid()))
    if finder.port == nil { finder.named = finder.named ?? configured?.controlSocket }
    path = try finder.find()
  }

  /// A port that was named; 0 is none.
  private static func port(
    _ text: String?, _ source: String
  ) throws(ControlError) -> UInt16? {
    guard let text else { return nil }
    guard let port = UInt16(text) else {
      throw .misnamed("'\(source) \(text)': give a whole number from 1 to 65535.")
    }
    return port == 0 ? nil : port
  }

  /// The same gateway, asked over one connection from now on, which is made again after it broke. For
  /// one thread at a time.
  func keepingConnection() -> ControlClient {
    var client = self
    client.kept = ControlConnection(path)
    return client
  }

  /// Whether a kept connection is there.
  var isConnected: Bool { kept?.isOpen ?? false }

  /// The target of a request: segments joined by slashes, each percent-encoded.
  static func target(_ segments: String...) -> String {
    segments.map { "/\(PercentCoding.encode($0))" }.joined()
  }

  /// Sends a request and gives back the body of its answer, JSON. Anything but a 2xx is an error.
  func call(
    _ method: HTTPMethod, _ target: String, body: [UInt8]? = nil,
    within milliseconds: UInt64 = answerTime
  ) throws(ControlError) -> [UInt8] {
    let (status, answer) = try exchange(request(method, target, body), within: milliseconds)
    guard (200..<300).contains(status) else {
      let document = JSONDocument(answer)
      func text(_ name: StaticString) -> String? {
        document?.string(document?.path("error", name)).map { String(decoding: $0, as: UTF8.self) }
      }
      throw .answered(
        status: status, code: text("code") ?? "",
        message: text("message") ?? "the gateway answered with status \(status).", body: answer)
    }
    return answer
  }

  /// The same, with the answer read as JSON.
  func json(
    _ method: HTTPMethod, _ target: String, body: [UInt8]? = nil,
    within milliseconds: UInt64 = answerTime
  ) throws(ControlError) -> JSONDocument {
    let answer = try call(method, target, body: body, within: milliseconds)
    guard let document = JSONDocument(answer) else { throw .broken("its answer is not JSON") }
    return document
  }

  private func request(_ method: HTTPMethod, _ target: String, _ body: [UInt8]?) -> [UInt8] {
    var head = "\(method.name) \(target) HTTP/1.1\r\nhost: nexus\r\n"
    if kept == nil { head += "connection: close\r\n" }
    if let body {
      head += "content-type: application/json\r\ncontent-length: \(body.count)\r\n"
    }
    return Array("\(head)\r\n".utf8) + (body ?? [])
  }

  private func exchange(
    _ request: [UInt8], within milliseconds: UInt64
  ) throws(ControlError) -> (status: Int, body: [UInt8]) {
    try (kept ?? ControlConnection(path)).exchange(request, within: milliseconds)
  }
}
