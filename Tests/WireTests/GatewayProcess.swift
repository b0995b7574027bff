import Foundation
import Glibc

/// A running `nexus serve`, the real binary.
final class GatewayProcess: @unchecked Sendable {  // `log` is guarded by `lock`.
  /// Where the staged tree is: `NEXUS_OUT`, or `out` in the folder of the package.
  static let staged: URL = {
    if let path = ProcessInfo.processInfo.environment["NEXUS_OUT"] {
      return URL(fileURLWithPath: path)
    }
    return package.appendingPathComponent("out")
  }()

  /// The folder of the package.
  static let package: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let manifest = folder.appendingPathComponent("Package.swift").path
      if FileManager.default.fileExists(atPath: manifest) { break }
    }
    return folder
  }()

  /// Becomes the program, with the standard input as the socket that is passed.
  static let passing = """
    exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_FDNAMES=nexus.socket LISTEN_PID=$$ exec "$0" "$@"
    """

  private(set) var port: UInt16 = 0
  private let child: ChildProcess
  /// Where it puts its control socket and its state.
  let runtimeDirectory: String
  private let ownsDirectory: Bool

  /// Starts it on a free port, or on the listening socket that is passed (sd_listen_fds(3)), or in the
  /// place of another gateway, and returns when it listens. `network`: the name of the network
  /// namespace in which it runs, another than this.
  convenience init(
    arguments: [String], environment: [String: String] = [:], socket: Int32? = nil,
    takingOverFrom predecessor: GatewayProcess? = nil, keptLog: Int = 20_000,
    in network: String? = nil
  ) throws(CaseFailure) {
    var all = ["--port", "0"]
    if !arguments.contains("--host") { all += ["--host", "127.0.0.1"] }
    if !arguments.contains("--plugins") {
      all += ["--plugins", Self.staged.appendingPathComponent("lib/nexus").path]
    }
    if !arguments.contains("--probe") { all.append("--no-probe") }
    // Everything that can be logged is, so that no level tells what none may.
    if !arguments.contains("--log-level") { all += ["--log-level", "trace"] }
    all += arguments.filter { $0 != "--probe" }
    if let predecessor {
      all += ["--take-over", "--control-socket", predecessor.controlSocket]
    }
    try self.init(
      exactly: all, environment: environment, socket: socket,
      sharing: predecessor?.runtimeDirectory, keptLog: keptLog, in: network)
  }

  /// Starts it with these arguments and no others, and returns when it listens. `sharing`: the
  /// directory of another gateway instead of one of its own.
  init(
    exactly arguments: [String], environment: [String: String] = [:], socket: Int32? = nil,
    sharing directory: String? = nil, keptLog: Int = 20_000, in network: String? = nil
  ) throws(CaseFailure) {
    let all = ["serve"] + arguments
    ownsDirectory = directory == nil
    runtimeDirectory =
      directory ?? "\(NSTemporaryDirectory())/nexus-test-\(UUID().uuidString.prefix(8))"
    let program = Self.staged.appendingPathComponent("bin/nexus").path
    let surroundings = [
      "RUNTIME_DIRECTORY": runtimeDirectory, "XDG_STATE_HOME": runtimeDirectory,
      "XDG_CONFIG_HOME": runtimeDirectory,
    ].merging(environment) { $1 }
    if let socket {
      child = try ChildProcess(
        "/bin/sh", arguments: ["-c", Self.passing, program] + all, environment: surroundings,
        input: socket, keptLog: keptLog)
    } else if let network {
      child = try ChildProcess(
        "/usr/bin/env", arguments: ["ip", "netns", "exec", network, program] + all,
        environment: surroundings, keptLog: keptLog)
    } else {
      child = try ChildProcess(
        program, arguments: all, environment: surroundings, keptLog: keptLog)
    }
    do throws(CaseFailure) {
      let line = try child.line(containing: " listening on http://")
      guard let colon = line.lastIndex(of: ":"),
        let port = UInt16(line[line.index(after: colon)...].prefix { $0.isNumber })
      else { throw CaseFailure("no port in '\(line)'") }
      self.port = port
    } catch {
      child.kill()
      throw error
    }
  }

  deinit {
    if ownsDirectory { try? FileManager.default.removeItem(atPath: runtimeDirectory) }
  }

  var identifier: Int32 { child.identifier }

  /// The end of what it wrote on standard error.
  var log: String { child.log }

  func terminate() { signal(SIGTERM) }

  func signal(_ number: Int32) { child.signal(number) }

  /// Waits for its end and demands that it was an orderly one.
  func expectExit() throws(CaseFailure) {
    let status = try child.waitForExit()
    guard status == 0 else { throw CaseFailure("the gateway ended with \(status)") }
  }

  /// Waits for its end; gives the exit code, or the negative number of a signal.
  func exitStatus() throws(CaseFailure) -> Int32 { try child.waitForExit() }

  var isRunning: Bool { child.isRunning }

  func kill() { child.kill() }

  /// Waits until `GET /health` satisfies the condition.
  func waitForHealth(
    _ what: String, until deadline: Date, _ condition: ([String: Any]) -> Bool
  ) throws(CaseFailure) {
    var last = "nothing"
    while Date() < deadline {
      let answer = try get("/health")
      last = answer
      let parsed = try? JSONSerialization.jsonObject(with: Data(answer.utf8))
      if let object = parsed as? [String: Any], condition(object) { return }
      usleep(2000)
    }
    throw CaseFailure("the gateway never reported \(what); last was \(last)")
  }

  /// The body of the answer to a GET request, on a connection of its own.
  func get(_ path: String) throws(CaseFailure) -> String {
    let peer = try Peer.connect(name: "observer", port: port)
    defer { peer.close() }
    peer.send(Array("GET \(path) HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n".utf8))
    let bytes = try peer.wait(for: "the answer to \(path)", until: Date() + 5) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> [UInt8]? in
      end == nil ? nil : buffer
    }
    guard let (head, length) = try Head.parse(bytes) else {
      throw CaseFailure("\(path) was answered with:\n\(readable(bytes))")
    }
    var rest = Array(bytes.dropFirst(length))
    var body: [UInt8] = []
    var reader = BodyReader(try head.framing())
    try reader.read(from: &rest, ended: true, into: &body)
    return String(decoding: body, as: UTF8.self)
  }
}
