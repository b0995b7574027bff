import Foundation
import Testing

/// Models brought into memory and out of it over the public address, in front of imitated servers.
@Suite(.serialized) struct LifecycleTests {
  @Test(arguments: LifecycleBench.kinds) func loadServeUnload(_ kind: String) throws {
    let bench = try LifecycleBench([LifecycleBench.server(kind, ",load=60")])
    #expect(try bench.residency() == "unloaded")
    let answer = try bench.load()
    #expect(answer.status == 202, "\(answer.object)")
    #expect(answer.word == "loading")
    #expect(answer.operation == answer.text("operation_id"))
    #expect(answer.text("model_id") == "cold")
    #expect(answer.text("backend_id") == "one")
    let id = answer.text("operation_id")
    let job = try bench.end(of: id)
    #expect(job.text("status") == "completed", "\(job.object)")
    #expect(job.object["progress_percent"] as? Int == 100)
    #expect(job.text("operation_type") == "load")
    #expect(job.text("target_backend_id") == "one")
    #expect(job.object["source_backend_id"] is NSNull)
    #expect(job.object["error_details"] is NSNull)
    #expect(job.text("initiated_at").wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    #expect(job.text("completed_at") >= job.text("initiated_at"))
    #expect(job.text("cause") == "command")
    #expect(try bench.get("/v1/models/operations/\(id)").text("operation_id") == id)
    try bench.wait("loaded")
    #expect(try bench.simulator.count("loads", of: "one") == 1)
    #expect(try bench.chat().status == 200)
    #expect(try bench.simulator.count("loads", of: "one") == 1, "it was there already")

    let again = try bench.load()
    #expect(again.status == 200, "\(again.object)")
    #expect(again.text("status") == "completed")
    #expect(try bench.simulator.count("loads", of: "one") == 1)

    let gone = try bench.delete("/v1/models/cold?backend_id=one")
    #expect(gone.status == 200, "\(gone.object)")
    #expect(gone.word == "completed")
    #expect(gone.object["vram_free_bytes"] as? Int != nil)
    try bench.wait("unloaded")
    let unknown = try bench.delete("/v1/models/cold?backend_id=one")
    #expect(unknown.status == 400, "\(unknown.object)")
    let jobs = try bench.get("/v1/jobs").object["jobs"] as? [[String: Any]] ?? []
    #expect(jobs.contains { $0["operation_id"] as? String == id })
    try bench.finish()
  }

  @Test(arguments: ["vllm", "openai"]) func othersSayThatTheyCannot(_ kind: String) throws {
    let bench = try LifecycleBench(["\(kind):0,name=one,model=m"])
    // vLLM's models are in memory as long as it runs.
    let load = try bench.load("m")
    #expect(load.status == (kind == "vllm" ? 200 : 501), "\(load.object)")
    let unload = try bench.delete("/v1/models/m?backend_id=one")
    for answer in kind == "vllm" ? [unload] : [load, unload] {
      #expect(answer.status == 501, "\(answer.object)")
      #expect(answer.error["code"] as? String == "not_implemented")
      #expect(answer.message.contains("one"))
    }
  }

  /// Ids hold slashes, colons and blanks, in a path raw and encoded.
  @Test func idsWithSlashes() throws {
    let bench = try LifecycleBench(["ollama:0,name=one,model=org/m 1:4b,load=1"])
    try bench.loaded("org/m 1:4b")
    let raw = try bench.delete("/v1/models/org/m%201:4b?backend_id=one")
    #expect(raw.status == 200, "\(raw.object)")
    #expect(raw.text("model_id") == "org/m 1:4b")
    try bench.loaded("org/m 1:4b")
    let encoded = try bench.delete("/v1/models/org%2Fm%201%3A4b?backend_id=one")
    #expect(encoded.status == 200, "\(encoded.object)")
  }

  /// One job at a time works on a backend; the other is told which.
  @Test func busyBackendNamesItsJob() throws {
    let bench = try LifecycleBench([
      "ollama:0,name=one,model=a,model=b,load=60000,size=100"
    ])
    let first = try bench.load("a")
    #expect(first.status == 202)
    let second = try bench.load("b")
    #expect(second.status == 409, "\(second.object)")
    #expect(second.error["code"] as? String == "conflict")
    #expect(second.operation == first.operation)
    #expect(second.message.contains(first.operation))
    #expect(try bench.current() == first.operation)
    let cancelled = try bench.delete("/v1/jobs/\(first.operation)")
    #expect(cancelled.status == 200, "\(cancelled.object)")
    #expect(cancelled.word == "cancelled")
    #expect(try bench.current() == "none")
    let over = try bench.delete("/v1/jobs/\(first.operation)")
    #expect(over.status == 409, "\(over.object)")
  }

  @Test func modelInUseStaysUnlessForced() throws {
    let bench = try LifecycleBench(["ollama:0,name=one,model=cold,load=1,ttft=1,tps=20,words=5000"])
    try bench.loaded()
    let client = try LoadClient(port: bench.gateway.port)
    defer { client.close() }
    try client.send(
      LoadClient.post(
        "/v1/chat/completions",
        #"{"model":"cold","stream":true,"messages":[{"role":"user","content":"hi"}]}"#))
    #expect(try client.readSome() > 0)
    let refused = try bench.delete("/v1/models/cold?backend_id=one")
    #expect(refused.status == 409, "\(refused.object)")
    #expect(refused.message.contains("force"))
    let forced = try bench.delete("/v1/models/cold?backend_id=one&force=true")
    #expect(forced.status == 200, "\(forced.object)")
  }

  @Test func downBackendIsUnavailable() throws {
    let bench = try LifecycleBench([LifecycleBench.server("ollama")])
    #expect(try bench.gateway.control("POST", "/backends/one/drain").status == 200)
    let answer = try bench.load()
    #expect(answer.status == 503, "\(answer.object)")
    #expect(answer.message.contains("one"))
  }

  /// What the public address can do, the control socket can do too.
  @Test func controlSocket() throws {
    let bench = try LifecycleBench([LifecycleBench.server("ollama", ",load=1")])
    func control(_ method: String, _ path: String, _ body: String? = nil) throws -> ControlAnswer {
      try bench.gateway.control(method, path, body)
    }
    let load = try control("POST", "/models/load", #"{"model_id":"cold"}"#)
    #expect(load.status == 202, "\(load.object)")
    let id = load.object["operation_id"] as? String ?? ""
    #expect(try bench.end(of: id).text("status") == "completed")
    #expect(try control("GET", "/jobs/\(id)").object["status"] as? String == "completed")
    #expect(try control("GET", "/jobs").list("jobs").first?["operation_id"] as? String == id)
    let unload = try control("POST", "/models/unload", #"{"model_id":"cold","backend_id":"one"}"#)
    #expect([200, 202].contains(unload.status), "\(unload.object)")
    #expect(try control("DELETE", "/jobs/\(id)").code == "conflict")
    #expect(try control("GET", "/jobs/nosuch").code == "not_found")
    let wrong = try control("POST", "/models/migrate", #"{"model":"cold"}"#)
    #expect(wrong.status == 400)
    #expect(wrong.message.contains("'model'"))
  }
}
