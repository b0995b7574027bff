import Foundation
import Testing

private let question = LoadClient.post(
  "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#)

/// Backends that fail, as their fleet and its clients feel it.
@Suite struct CircuitTests {
  /// Two servers of one model of which `one` is preferred; nothing but circuits keeps requests from
  /// it.
  private struct Fleet {
    let simulator: SimulatorProcess
    let gateway: ConfiguredGateway

    init(_ more: String = "") throws {
      simulator = try SimulatorProcess(
        ["one", "two"].map { "vllm:0,name=\($0),model=m,ttft=1,tps=0" })
      let tables = simulator.backends.enumerated().map { number, backend in
        "[[backends]]\nname = \"\(backend.name)\"\nurl = \"\(backend.url)\"\n"
          + "type = \"vllm\"\npriority = \(number)\n"
      }
      gateway = try ConfiguredGateway(
        """
        [health_check]
        failure_threshold = 1000
        interval_seconds = 3600
        [quality]
        error_rate_threshold = 1.0
        [routing]
        strategy = "priority_only"
        \(more)

        """ + tables.joined())
      try gateway.gateway.waitForHealth("two healthy backends", until: Date() + 15) {
        ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
      }
    }

    func finish() throws {
      try gateway.finish()
      simulator.stop()
    }

    func ask(_ client: LoadClient) throws -> LoadClient.Answer { try client.exchange(question) }

    func asked(_ name: String) throws -> Int { try simulator.askedCount(of: name) }
  }

  @Test func oneThatFailsIsLeftAtOnceAndComesBack() throws {
    let fleet = try Fleet()
    try fleet.simulator.fault(#"{"backend":"one","kind":"status","status":500}"#)
    let client = try LoadClient(port: fleet.gateway.gateway.port)
    defer { client.close() }
    let begun = Date()
    for _ in 0..<200 { #expect(try fleet.ask(client).status == 200) }
    // Three failures, and a trial after 0.8 s, 1.6 s and so on.
    let trials = Int(Date().timeIntervalSince(begun) / 0.8)
    #expect(try fleet.asked("one") <= 3 + trials)
    #expect(try fleet.asked("two") == 200)
    let shown = try fleet.gateway.backend("one")
    #expect("\(shown?["circuit"] ?? "")" != "closed")
    try fleet.simulator.clear()
    let isBack = try ProcessFigures.wait(seconds: 15) {
      try fleet.ask(client).field("x-nexus-backend") == "one"
    }
    #expect(isBack)
    try fleet.gateway.waitForLog("requests flow again")
    try fleet.finish()
  }

  @Test func aBackendThatIsGoneIsFoundOutByOne() throws {
    let fleet = try Fleet("[circuit]\nopen_seconds = 60")
    try fleet.simulator.fault(#"{"backend":"one","kind":"die"}"#)
    let client = try LoadClient(port: fleet.gateway.gateway.port)
    defer { client.close() }
    for _ in 0..<50 { #expect(try fleet.ask(client).field("x-nexus-backend") == "two") }
    #expect(try fleet.gateway.backend("one")?["total_requests"] as? Int == 1)
    try fleet.finish()
  }

  @Test func oneOfFiftyIsTheTrial() throws {
    let fleet = try Fleet()
    try fleet.simulator.fault(#"{"backend":"one","kind":"status","status":500,"count":3}"#)
    let client = try LoadClient(port: fleet.gateway.gateway.port)
    defer { client.close() }
    for _ in 0..<4 { #expect(try fleet.ask(client).status == 200) }
    #expect(try fleet.asked("one") == 3)
    // The trial is held up until all others have come by.
    try fleet.simulator.fault(#"{"backend":"one","kind":"stall_before","ms":800}"#)
    Thread.sleep(forTimeInterval: 1.25)
    let port = fleet.gateway.gateway.port
    let good = Counter()
    let workers = (0..<50).map { _ in
      Worker {
        guard let client = try? LoadClient(port: port) else { return }
        defer { client.close() }
        let answer = try? client.exchange(question)
        if answer?.status == 200 { good.add(1) }
      }
    }
    for worker in workers { worker.join() }
    #expect(good.value == 50)
    #expect(try fleet.asked("one") == 4)
    try fleet.finish()
  }

  @Test func aServerThatAsksForTimeGetsIt() throws {
    let fleet = try Fleet()
    try fleet.simulator.fault(
      #"{"backend":"one","kind":"status","status":429,"ms":1000,"count":1}"#)
    let client = try LoadClient(port: fleet.gateway.gateway.port)
    defer { client.close() }
    let begun = Date()
    #expect(try fleet.ask(client).field("x-nexus-backend") == "two")
    var first: Date?
    while first == nil, Date().timeIntervalSince(begun) < 10 {
      if try fleet.ask(client).field("x-nexus-backend") == "one" { first = Date() }
    }
    #expect(first.map { $0.timeIntervalSince(begun) >= 1 } == true)
    try fleet.finish()
  }

  @Test func retriesAreAShareOfTheTraffic() throws {
    let fleet = try Fleet()
    for name in ["one", "two"] {
      try fleet.simulator.fault(#"{"backend":"\#(name)","kind":"status","status":500}"#)
    }
    let client = try LoadClient(port: fleet.gateway.gateway.port)
    defer { client.close() }
    let begun = Date()
    let requests = 450
    var stopped = 0
    for _ in 0..<requests {
      let answer = try fleet.ask(client)
      #expect(answer.status == 502)
      if answer.field("x-nexus-retry-stopped") == "retry_budget_exhausted" { stopped += 1 }
    }
    let windows = Int(Date().timeIntervalSince(begun) / 10) + 2
    let attempts = try fleet.asked("one") + fleet.asked("two")
    #expect(attempts <= requests * 12 / 10 + 100 + 10 * windows)
    #expect(stopped > 0 && attempts + stopped >= 2 * requests - 10)
    try fleet.finish()
  }
}
