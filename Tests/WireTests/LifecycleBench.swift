import Foundation

/// A gateway in front of imitated servers, and somebody who has models brought in and out.
final class LifecycleBench {
  let simulator: SimulatorProcess
  let gateway: GatewayProcess
  let household: Household

  /// The kinds of server that load on request, each with a model that is not in memory: "cold".
  static let kinds = ["ollama", "lmstudio", "exo", "llamacpp-router"]

  /// A server of one of these kinds, as `nexus-sim` takes it.
  static func server(_ kind: String, name: String = "one", _ more: String = "") -> String {
    // The first model of LM Studio and exo is in memory from the start.
    let models = ["lmstudio", "exo"].contains(kind) ? "model=warm,model=cold" : "model=cold"
    return "\(kind):0,name=\(name),\(models),ttft=1,tps=0,size=100\(more)"
  }

  /// Starts both; `configuration` is TOML. Returns when all backends are healthy.
  init(_ servers: [String], _ configuration: String = "") throws {
    household = try Household()
    let file = try household.write("nexus.toml", configuration)
    simulator = try SimulatorProcess(servers)
    do {
      gateway = try household.gateway(["--config", file] + simulator.gatewayArguments)
    } catch {
      simulator.stop()
      throw error
    }
    let count = servers.count
    do {
      try gateway.waitForHealth("\(count) healthy backends", until: Date() + 15) {
        ($0["backends"] as? [String: Any])?["healthy"] as? Int == count
      }
    } catch {
      stop()
      throw error
    }
  }

  deinit { stop() }

  func stop() {
    gateway.kill()
    simulator.stop()
  }

  /// Ends the gateway in good order.
  func finish() throws {
    gateway.terminate()
    try gateway.expectExit()
  }

  /// An answer of the public address.
  struct Answer {
    let status: Int
    let head: String
    let object: [String: Any]

    func text(_ name: String) -> String { object[name] as? String ?? "" }
    var error: [String: Any] { object["error"] as? [String: Any] ?? [:] }
    var message: String { error["message"] as? String ?? "" }
    /// What the header says of the job.
    var operation: String { field("x-nexus-lifecycle-operation") }
    var word: String { field("x-nexus-lifecycle-status") }

    private func field(_ name: String) -> String {
      let line = head.components(separatedBy: "\r\n").first {
        $0.lowercased().hasPrefix("\(name): ")
      }
      return line.map { String($0.dropFirst(name.count + 2)) } ?? ""
    }
  }

  func ask(_ request: [UInt8]) throws -> Answer {
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    let answer = try client.exchange(request)
    let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    return Answer(status: answer.status, head: answer.head, object: object ?? [:])
  }

  func post(_ path: String, _ body: String) throws -> Answer {
    try ask(LoadClient.post(path, body))
  }

  func get(_ path: String) throws -> Answer { try ask(LoadClient.get(path)) }

  func delete(_ path: String) throws -> Answer {
    try ask(Array("DELETE \(path) HTTP/1.1\r\nHost: gateway\r\n\r\n".utf8))
  }

  func load(_ model: String = "cold", on backend: String = "one", _ more: String = "") throws
    -> Answer
  {
    try post("/v1/models/load", #"{"model_id":"\#(model)","backend_id":"\#(backend)"\#(more)}"#)
  }

  func migrate(_ model: String = "cold", _ more: String = "") throws -> Answer {
    try post(
      "/v1/models/migrate",
      #"{"model_id":"\#(model)","source_backend_id":"one","target_backend_id":"two"\#(more)}"#)
  }

  func chat(_ model: String = "cold") throws -> Answer {
    try post(
      "/v1/chat/completions", #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}]}"#)
  }

  /// The job as it is when it is over.
  func end(of id: String) throws -> Answer {
    var last: Answer?
    let isOver = try ProcessFigures.wait(seconds: 15) {
      last = try get("/v1/jobs/\(id)")
      return ["completed", "failed", "cancelled"].contains(last?.text("status") ?? "")
    }
    guard isOver, let last else {
      throw CaseFailure("job '\(id)' stayed \(last?.object ?? [:])\n\(gateway.log)")
    }
    return last
  }

  /// Loads, and demands that it succeeds.
  func loaded(_ model: String = "cold", on backend: String = "one") throws {
    let answer = try load(model, on: backend)
    let job = try end(of: answer.text("operation_id"))
    guard job.text("status") == "completed" else {
      throw CaseFailure("\(model) was not loaded: \(job.object)")
    }
  }

  /// Where the control socket says that a model is.
  func residency(_ model: String = "cold", on backend: String = "one") throws -> String {
    let rows = try gateway.control("GET", "/models").list("models")
    let row = rows.first { $0["id"] as? String == model && $0["backend"] as? String == backend }
    return row?["residency"] as? String ?? "absent"
  }

  /// Waits until a model is where it should be.
  func wait(_ residency: String, _ model: String = "cold", on backend: String = "one") throws {
    var last = ""
    let came = try ProcessFigures.wait {
      last = try self.residency(model, on: backend)
      return last == residency
    }
    guard came else {
      throw CaseFailure("\(model) on \(backend) stayed '\(last)', not '\(residency)'")
    }
  }

  /// The job that `GET /backends` shows for a backend, or "none".
  func current(_ backend: String = "one") throws -> String {
    let rows = try gateway.control("GET", "/backends").list("backends")
    let row = rows.first { $0["name"] as? String == backend }
    return (row?["current_operation"] as? [String: Any])?["operation_id"] as? String ?? "none"
  }
}
