import Foundation
import Testing

/// Slots, queues, loading, and what the servers tell about them.
@Suite struct LoadTests {
  /// Opens a connection with an unfinished answer on it.
  private func occupy(_ fleet: RunningSimulator, _ name: String, _ model: String) throws
    -> WireClient
  {
    let client = try WireClient(fleet.port(name))
    let body = RunningSimulator.chatBody("Write 5000 words", model, stream: true)
    client.send(WireClient.request("POST", "/v1/chat/completions", body: body))
    return client
  }

  private func metric(_ fleet: RunningSimulator, _ name: String, _ metric: String) throws -> Double?
  {
    let lines = try fleet.get(name, "/metrics").body.split(separator: "\n")
    let line = lines.first { $0.hasPrefix(metric) }
    return line?.split(separator: " ").last.flatMap { Double($0) }
  }

  @Test func llamaCppShowsBusySlotsAndSilentlyDefersTheRest() throws {
    let fleet = try RunningSimulator("llamacpp:0,slots=2")
    let busy = try (0..<3).map { _ in try occupy(fleet, "llamacpp", "m") }
    #expect(
      try fleet.eventually {
        let slots = try fleet.get("llamacpp", "/slots").body
        return slots.components(separatedBy: "\"is_processing\":true").count == 3
      })
    #expect(try metric(fleet, "llamacpp", "llamacpp:requests_deferred ") == 1)
    #expect(try fleet.get("llamacpp", "/slots?fail_on_no_slot=1").status == 503)
    #expect(busy[2].receive(patience: 0.2).raw.isEmpty)
  }

  @Test func aClientThatGoesFreesItsSlotForTheNext() throws {
    let fleet = try RunningSimulator("vllm:0,slots=1,model=m")
    var first: WireClient? = try occupy(fleet, "vllm", "m")
    let second = try occupy(fleet, "vllm", "m")
    #expect(try fleet.eventually { try metric(fleet, "vllm", "vllm:num_requests_waiting{") == 1 })
    #expect(first != nil)
    first = nil
    #expect(second.receive { !$0.events.isEmpty }.events.count > 0)
    #expect(try metric(fleet, "vllm", "vllm:num_requests_waiting{") == 0)
    let states = try fleet.requests("vllm").map { $0["state"] as? String }
    #expect(states.first == "client_gone")
  }

  @Test func ollamaRefusesWhenItsQueueIsFull() throws {
    let fleet = try RunningSimulator("ollama:0,slots=1,queue=1,model=m")
    let busy = try (0..<2).map { _ in try occupy(fleet, "ollama", "m") }
    #expect(
      try fleet.eventually {
        let page = try fleet.get("control", "/backends").json["backends"] as? [[String: Any]]
        return page?.first?["waiting"] as? Int == 1
      })
    let reply = try fleet.chat("ollama")
    #expect(reply.status == 503)
    #expect(reply.body.contains("maximum pending requests exceeded"))
    withExtendedLifetime(busy) {}
  }

  @Test func ollamaLoadsAndUnloads() throws {
    let fleet = try RunningSimulator("ollama:0,model=m,load=1")
    func loaded() throws -> Int {
      (try fleet.get("ollama", "/api/ps").json["models"] as? [Any] ?? []).count
    }
    #expect(try loaded() == 0)
    let load = try fleet.post("ollama", "/api/generate", "{\"model\":\"m\",\"stream\":false}")
    #expect(load.json["done_reason"] as? String == "load")
    #expect(try loaded() == 1)
    let unload = "{\"model\":\"m\",\"keep_alive\":0,\"stream\":false}"
    let reply = try fleet.post("ollama", "/api/generate", unload)
    #expect(reply.json["done_reason"] as? String == "unload")
    #expect(try loaded() == 0)
  }

  @Test func lmStudioLoadsInstances() throws {
    let fleet = try RunningSimulator("lmstudio:0,model=a,model=b,load=1")
    func instances() throws -> [Int] {
      let models = try fleet.get("lmstudio", "/api/v1/models").json["models"] as? [[String: Any]]
      return (models ?? []).map { ($0["loaded_instances"] as? [Any] ?? []).count }
    }
    #expect(try instances() == [1, 0])
    let load = try fleet.post("lmstudio", "/api/v1/models/load", "{\"model\":\"b\"}")
    #expect(load.json["status"] as? String == "loaded")
    let again = try fleet.post("lmstudio", "/api/v1/models/load", "{\"model\":\"b\"}")
    #expect(again.json["instance_id"] as? String == "b:2")
    #expect(try instances() == [1, 2])
    _ = try fleet.post("lmstudio", "/api/v1/models/unload", "{\"instance_id\":\"b:2\"}")
    #expect(try instances() == [1, 1])
  }

  @Test func exoPlacesInstances() throws {
    let fleet = try RunningSimulator("exo:0,model=a,model=b,load=1")
    #expect(try fleet.chat("exo", model: "b").status == 404)
    let place = try fleet.post("exo", "/place_instance", "{\"model_id\":\"b\"}")
    #expect(place.json["message"] as? String == "Command received.")
    #expect(
      try fleet.eventually {
        try fleet.get("exo", "/state/runners").body.components(separatedBy: "RunnerReady").count
          == 3
      })
    #expect(try fleet.chat("exo", model: "b").status == 200)
  }

  @Test func routerLoadsInTheBackground() throws {
    let fleet = try RunningSimulator("llamacpp-router:0,load=1")
    let name = "llamacpp-router"
    let load = "{\"model\":\"tiny-b\"}"
    #expect(try fleet.post(name, "/models/load", load).body == "{\"success\":true}")
    #expect(try fleet.eventually { try fleet.get(name, "/v1/models").body.contains("\"loaded\"") })
    #expect(try fleet.post(name, "/models/load", load).status == 400)
    #expect(try fleet.post(name, "/models/unload", load).status == 200)
    #expect(try fleet.post(name, "/models/unload", load).status == 400)
  }
}
