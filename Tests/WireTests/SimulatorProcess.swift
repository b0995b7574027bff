import Foundation

/// A running `nexus-sim`.
final class SimulatorProcess: Sendable {
  /// A backend as it announced itself.
  struct Backend: Sendable {
    var name: String
    var type: String
    var url: String
  }

  let backends: [Backend]
  private let child: ChildProcess
  private let controlPort: UInt16

  /// Starts the backends that the arguments describe and returns when they serve.
  init(_ arguments: [String]) throws(CaseFailure) {
    let path = GatewayProcess.staged.appendingPathComponent("bin/nexus-sim").path
    let child = try ChildProcess(path, arguments: arguments)
    self.child = child
    do throws(CaseFailure) {
      _ = try child.line(containing: "ready")
      let words = child.lines.map { $0.split(separator: " ").map(String.init) }
      backends = words.filter { $0.count == 4 && $0[0] == "backend" }.map {
        Backend(name: $0[1], type: $0[2], url: $0[3])
      }
      let control = words.first { $0.first == "control" }?.last
      guard let port = control?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
        throw CaseFailure("no control endpoint in \(child.lines)")
      }
      controlPort = port
    } catch {
      child.kill()
      throw error
    }
  }

  /// Arguments that tell the gateway of all backends, without their types.
  var gatewayArguments: [String] {
    backends.flatMap { ["--backend", "\($0.url),name=\($0.name)"] }
  }

  /// Switches a fault on.
  func fault(_ order: String) throws(CaseFailure) { try command("/fault", order) }

  /// Switches all faults off; what was down listens again.
  func clear() throws(CaseFailure) { try command("/clear", "{}") }

  private func command(_ path: String, _ order: String) throws(CaseFailure) {
    let client = try LoadClient(port: controlPort)
    defer { client.close() }
    let answer = try client.exchange(LoadClient.post(path, order))
    guard answer.status == 200 else {
      throw CaseFailure("the simulator refused \(path) \(order): \(answer.text)")
    }
  }

  /// A number that the simulator counts for a backend, such as `in_flight` or `client_gone`.
  func count(_ key: String, of backend: String) throws(CaseFailure) -> Int {
    let client = try LoadClient(port: controlPort)
    defer { client.close() }
    let answer = try client.exchange(
      LoadClient.get("/requests?backend=\(backend)&last=0&bodies=0"))
    let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    guard let number = object?[key] as? Int else {
      throw CaseFailure("no '\(key)' in \(answer.text)")
    }
    return number
  }

  /// What an imitated Ollama says that it has in memory. By a name that it takes for its own
  /// machine's.
  func modelsInMemory(of backend: String) throws -> [String] {
    let url = backends.first { $0.name == backend }?.url
    let port = url?.split(separator: ":").last.flatMap { UInt16($0) }
    let client = try LoadClient(port: port ?? 0)
    defer { client.close() }
    let answer = try client.exchange(Array("GET /api/ps HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    guard let models = object?["models"] as? [[String: Any]] else {
      throw CaseFailure("\(backend) does not say what is in memory: \(answer.text)")
    }
    return models.compactMap { $0["name"] as? String }
  }

  /// The header lines of the last request for a model that a backend saw, in lower case.
  func lastHead(of backend: String) throws(CaseFailure) -> String {
    let headers = try asked(of: backend).last?["headers"] as? [[String]] ?? []
    return headers.map { $0.joined(separator: ": ") }.joined(separator: "\n").lowercased()
  }

  /// How many requests for a model a backend saw, of its last thousand of any kind.
  func askedCount(of backend: String) throws(CaseFailure) -> Int { try asked(of: backend).count }

  private func asked(of backend: String) throws(CaseFailure) -> [[String: Any]] {
    let client = try LoadClient(port: controlPort)
    defer { client.close() }
    let answer = try client.exchange(LoadClient.get("/requests?backend=\(backend)&bodies=0"))
    let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    let requests = object?["requests"] as? [[String: Any]] ?? []
    return requests.filter { $0["method"] as? String == "POST" }
  }

  func stop() { child.kill() }
}
