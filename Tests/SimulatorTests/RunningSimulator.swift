import Foundation

/// The real `nexus-sim`, started for one test and gone after it.
final class RunningSimulator: Sendable {
  private let process: Process
  private let ports: [String: UInt16]

  /// Starts the simulator with these backends and waits until it is ready.
  init(_ backends: String...) throws {
    let process = Process()
    process.executableURL = RunningSimulator.binary
    process.arguments = ["--until-stdin-closes", "--seed", "7"] + backends
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = Pipe()
    try process.run()
    self.process = process
    ports = RunningSimulator.announced(output.fileHandleForReading)
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// The port of a backend, or of `control`.
  func port(_ name: String) -> UInt16 { ports[name] ?? 0 }

  var names: Set<String> { Set(ports.keys) }

  /// The binary lies beside the test bundle.
  private static var binary: URL {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("nexus-sim")
  }

  private static func announced(_ output: FileHandle) -> [String: UInt16] {
    var text = ""
    while !text.hasSuffix("ready\n") {
      let more = output.availableData
      if more.isEmpty { break }
      text += String(decoding: more, as: UTF8.self)
    }
    var ports: [String: UInt16] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard let url = words.last, let port = url.split(separator: ":").last else { continue }
      let name = words[0] == "backend" ? words[1] : words[0]
      ports[name] = UInt16(port)
    }
    return ports
  }

  // MARK: Requests

  func get(_ backend: String, _ path: String, headers: [String] = []) throws -> Reply {
    let client = try WireClient(port(backend))
    return client.exchange(WireClient.request("GET", path, headers: headers))
  }

  func post(
    _ backend: String, _ path: String, _ body: String, headers: [String] = []
  ) throws -> Reply {
    let client = try WireClient(port(backend))
    return client.exchange(WireClient.request("POST", path, body: body, headers: headers))
  }

  func chat(
    _ backend: String, _ question: String = "Say hello", model: String = "m", stream: Bool = false,
    more: String = ""
  ) throws -> Reply {
    try post(
      backend, "/v1/chat/completions", Self.chatBody(question, model, stream: stream, more: more))
  }

  static func chatBody(
    _ question: String, _ model: String, stream: Bool = false, more: String = ""
  ) -> String {
    "{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\"\(question)\"}],"
      + "\"stream\":\(stream)\(more)}"
  }

  func fault(_ backend: String, _ kind: String, _ more: String = "") throws {
    _ = try post("control", "/fault", "{\"backend\":\"\(backend)\",\"kind\":\"\(kind)\"\(more)}")
  }

  /// What the backend has seen, oldest first.
  func requests(_ backend: String) throws -> [[String: Any]] {
    let reply = try get("control", "/requests?backend=\(backend)")
    return reply.json["requests"] as? [[String: Any]] ?? []
  }

  /// Asks again until `holds`, for at most ten seconds: for what a backend notices a moment later.
  func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(10)
    while Date() < end {
      if try holds() { return true }
      usleep(5000)
    }
    return false
  }
}
