import Foundation
import Testing

/// Orders about models with which something goes wrong: the job says what, and whoever served goes on.
@Suite(.serialized) struct LifecycleFailureTests {
  private static let hurried = "[lifecycle]\ntimeout_ms = 1000\n"

  @Test(arguments: LifecycleBench.kinds) func loadThatFailsHalfWay(_ kind: String) throws {
    let bench = try LifecycleBench([LifecycleBench.server(kind, ",load=20")])
    try bench.simulator.fault(#"{"backend":"one","kind":"load_fails","ms":60,"count":1}"#)
    let job = try bench.end(of: try bench.load().text("operation_id"))
    #expect(job.text("status") == "failed", "\(job.object)")
    #expect(!job.text("error_details").isEmpty)
    #expect(job.word == "failed")
    #expect(try bench.current() == "none")
    #expect(try bench.residency() != "loaded")
    try bench.loaded()
    try bench.wait("loaded")
    #expect(try bench.chat().status == 200)
  }

  /// What a failed load has left behind can be removed: exo keeps the instance.
  @Test func whatHasFailedCanBeRemoved() throws {
    let bench = try LifecycleBench([LifecycleBench.server("exo", ",load=20")])
    try bench.simulator.fault(#"{"backend":"one","kind":"load_fails","ms":20,"count":1}"#)
    let job = try bench.end(of: try bench.load().text("operation_id"))
    #expect(job.text("status") == "failed", "\(job.object)")
    try bench.wait("failed")
    let gone = try bench.delete("/v1/models/cold?backend_id=one")
    #expect(gone.status == 200, "\(gone.object)")
    try bench.wait("unloaded")
  }

  /// A load that ends before the driver listens for its end is found in the list.
  @Test func loadThatEndsUnheard() throws {
    let bench = try LifecycleBench([LifecycleBench.server("llamacpp-router", ",load=300")])
    try bench.simulator.fault(#"{"backend":"one","kind":"load_unheard"}"#)
    let job = try bench.end(of: try bench.load().text("operation_id"))
    #expect(job.text("status") == "completed", "\(job.object)")
    #expect(try bench.residency() == "loaded")
    #expect(try bench.current() == "none")
  }

  /// The lists decide, not what a server says of its own success.
  @Test(arguments: ["ollama", "lmstudio"]) func serverThatLies(_ kind: String) throws {
    let bench = try LifecycleBench([LifecycleBench.server(kind, ",load=5")], Self.hurried)
    try bench.simulator.fault(#"{"backend":"one","kind":"load_lies"}"#)
    let job = try bench.end(of: try bench.load().text("operation_id"))
    #expect(job.text("status") == "failed", "\(job.object)")
    #expect(!job.text("error_details").isEmpty)
    #expect(try bench.residency() != "loaded")
  }

  @Test(arguments: ["llamacpp-router"]) func loadThatGetsNowhere(_ kind: String) throws {
    let bench = try LifecycleBench([LifecycleBench.server(kind)], Self.hurried)
    try bench.simulator.fault(#"{"backend":"one","kind":"load_stalls"}"#)
    let job = try bench.end(of: try bench.load().text("operation_id"))
    #expect(job.text("status") == "failed", "\(job.object)")
    #expect(try bench.current() == "none")
  }

  private static let pair = [
    LifecycleBench.server("ollama", name: "one", ",load=20"),
    LifecycleBench.server("ollama", name: "two", ",load=150"),
  ]

  @Test func migrate() throws {
    let bench = try LifecycleBench(Self.pair)
    try bench.loaded()
    try bench.wait("loaded")
    let answer = try bench.migrate()
    #expect(answer.status == 202, "\(answer.object)")
    #expect(answer.word == "migrating")
    #expect(answer.text("source_backend_id") == "one")
    #expect(answer.text("target_backend_id") == "two")
    #expect(answer.text("message").contains("'one'"))
    #expect(try bench.chat().status == 200)
    let job = try bench.end(of: answer.text("operation_id"))
    #expect(job.text("status") == "completed", "\(job.object)")
    #expect(job.text("operation_type") == "migrate")
    try bench.wait("loaded", on: "two")
    try bench.wait("unloaded", on: "one")
    #expect(try bench.chat().status == 200)
  }

  @Test func migrateThatLeavesTheSourceAlone() throws {
    let bench = try LifecycleBench(Self.pair)
    try bench.loaded()
    let answer = try bench.migrate("cold", #","unload_source":false"#)
    #expect(try bench.end(of: answer.text("operation_id")).text("status") == "completed")
    try bench.wait("loaded", on: "two")
    #expect(try bench.residency(on: "one") == "loaded")
    let same = try bench.post(
      "/v1/models/migrate",
      #"{"model_id":"cold","source_backend_id":"one","target_backend_id":"one"}"#)
    #expect(same.status == 400, "\(same.object)")
  }

  /// The model stays served where it was, and the job tells what happened.
  @Test(arguments: ["die", "load_fails", "load_lies"])
  func migrateWhoseTargetFails(_ kind: String) throws {
    let bench = try LifecycleBench(
      [
        LifecycleBench.server("ollama", name: "one", ",load=20"),
        LifecycleBench.server("ollama", name: "two", ",load=\(kind == "die" ? 60_000 : 20)"),
      ], kind == "die" ? "" : Self.hurried)
    try bench.loaded()
    try bench.wait("loaded")
    if kind != "die" { try bench.simulator.fault(#"{"backend":"two","kind":"\#(kind)","ms":0}"#) }
    let answer = try bench.migrate()
    #expect(answer.status == 202, "\(answer.object)")
    if kind == "die" {
      #expect(try ProcessFigures.wait { try bench.simulator.count("loads", of: "two") == 1 })
      try bench.simulator.fault(#"{"backend":"two","kind":"die"}"#)
    }
    let job = try bench.end(of: answer.text("operation_id"))
    #expect(job.text("status") == "failed", "\(job.object)")
    #expect(!job.text("error_details").isEmpty)
    #expect(try bench.residency(on: "one") == "loaded")
    let reply = try bench.chat()
    #expect(reply.status == 200)
    #expect(reply.head.lowercased().contains("x-nexus-backend: one"))
    #expect(try bench.simulator.count("loads", of: "one") == 1)
  }

  /// A gateway that stops during a job ends in good order and soon.
  @Test func gatewayStopsDuringAJob() throws {
    let bench = try LifecycleBench([LifecycleBench.server("ollama", ",load=60000")])
    #expect(try bench.load().status == 202)
    try bench.finish()
  }
}
