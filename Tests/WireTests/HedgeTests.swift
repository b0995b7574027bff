import Foundation
import Testing

/// A second backend is asked for an answer that takes unusually long.
@Suite struct HedgeTests {
  private struct Fleet {
    let simulator: SimulatorProcess
    let gateway: ConfiguredGateway
    var port: UInt16 { gateway.gateway.port }

    /// Two servers of which `one` is preferred, with enough answers behind them to know how long they
    /// take.
    init(_ more: String = "") throws {
      simulator = try SimulatorProcess(
        ["one", "two"].map { "vllm:0,name=\($0),model=m,ttft=5,tps=0" })
      let tables = simulator.backends.enumerated().map { number, backend in
        "[[backends]]\nname = \"\(backend.name)\"\nurl = \"\(backend.url)\"\n"
          + "type = \"vllm\"\npriority = \(number)\n"
      }
      gateway = try ConfiguredGateway(
        """
        [routing]
        strategy = "priority_only"
        hedging = true
        \(more)

        """ + tables.joined())
      try gateway.gateway.waitForHealth("two healthy backends", until: Date() + 15) {
        ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
      }
      try LoadClient(port: port).using { client in
        for _ in 0..<25 {
          let server = try client.exchange(Self.question()).field("x-nexus-backend")
          guard server == "one" else { throw CaseFailure("'\(server)' answers") }
        }
      }
    }

    static func question(stream: Bool = false) -> [UInt8] {
      LoadClient.post(
        "/v1/chat/completions",
        #"{"model":"m","stream":\#(stream),"messages":[{"role":"user","content":"x"}]}"#)
    }

    func finish() throws {
      try gateway.finish()
      simulator.stop()
    }
  }

  @Test func theFasterAnswerCountsAndTheOtherIsBrokenOff() throws {
    let fleet = try Fleet()
    try fleet.simulator.fault(#"{"backend":"one","kind":"stall_before","count":1}"#)
    let answer = try LoadClient(port: fleet.port).using {
      try $0.exchange(Fleet.question())
    }
    #expect(answer.status == 200)
    #expect(answer.field("x-nexus-backend") == "two")
    let isFree = try ProcessFigures.wait {
      try fleet.simulator.count("in_flight", of: "one") == 0
    }
    #expect(isFree)
    let id = answer.field("x-request-id")
    let told = try fleet.gateway.gateway.control("GET", "/explain/\(id)")
    let attempts = told.object["attempts"] as? [[String: Any]] ?? []
    #expect(attempts.map { $0["backend"] as? String } == ["one", "two"])
    #expect(attempts.map { $0["result"] as? String } == ["abandoned", "answered"])
    // It is no fault of the slow one, and the next request goes there again.
    let next = try LoadClient(port: fleet.port).using { try $0.exchange(Fleet.question()) }
    #expect(next.field("x-nexus-backend") == "one")
    try fleet.finish()
  }

  @Test func theFirstMayStillBeFaster() throws {
    let fleet = try Fleet()
    try fleet.simulator.fault(#"{"backend":"one","kind":"stall_before","count":1,"ms":1500}"#)
    try fleet.simulator.fault(#"{"backend":"two","kind":"stall_before","count":1}"#)
    let answer = try LoadClient(port: fleet.port).using { try $0.exchange(Fleet.question()) }
    #expect(answer.field("x-nexus-backend") == "one")
    let isFree = try ProcessFigures.wait {
      try fleet.simulator.count("in_flight", of: "two") == 0
        && fleet.simulator.askedCount(of: "two") == 1
    }
    #expect(isFree)
    try fleet.finish()
  }

  @Test func aSecondThatFailsDoesNotHarmTheFirst() throws {
    let fleet = try Fleet()
    try fleet.simulator.fault(#"{"backend":"one","kind":"stall_before","count":1,"ms":1500}"#)
    try fleet.simulator.fault(#"{"backend":"two","kind":"status","status":500}"#)
    let answer = try LoadClient(port: fleet.port).using { try $0.exchange(Fleet.question()) }
    #expect(answer.status == 200)
    #expect(answer.field("x-nexus-backend") == "one")
    let asked = try fleet.simulator.askedCount(of: "two")
    #expect(asked == 1)
    try fleet.finish()
  }

  @Test func aClientThatLeavesEndsBoth() throws {
    let fleet = try Fleet()
    for name in ["one", "two"] {
      try fleet.simulator.fault(#"{"backend":"\#(name)","kind":"stall_before","count":1}"#)
    }
    let client = try Peer.connect(name: "client", port: fleet.port)
    client.send(Fleet.question())
    let areAsked = try ProcessFigures.wait {
      try ["one", "two"].allSatisfy { try fleet.simulator.count("in_flight", of: $0) == 1 }
    }
    #expect(areAsked)
    client.close()
    let areFree = try ProcessFigures.wait {
      try ["one", "two"].allSatisfy { try fleet.simulator.count("in_flight", of: $0) == 0 }
    }
    #expect(areFree)
    try fleet.finish()
  }

  @Test(arguments: [(true, ""), (false, "retry_budget_percent = 0")])
  func neitherForStreamsNorBeyondTheBudget(_ stream: Bool, _ more: String) throws {
    let fleet = try Fleet(more)
    try fleet.simulator.fault(#"{"backend":"one","kind":"stall_before","count":1,"ms":1500}"#)
    let answer = try LoadClient(port: fleet.port).using {
      try $0.exchange(Fleet.question(stream: stream))
    }
    #expect(answer.field("x-nexus-backend") == "one")
    try fleet.finish()
  }
}
