import Foundation

import Seeded
import Testing

/// The queue under load, through the front door.
@Suite struct QueueTests {
  private func text(_ url: String, places: Int, _ more: String = "") -> String {
    """
    [server]
    threads = 4
    max_concurrent_requests = 100000
    [queue]
    max_size = 100000
    \(more)
    [[backends]]
    name = "a"
    url = "\(url)"
    type = "vllm"
    max_concurrent = \(places)
    """
  }

  private static let chat = #"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#

  /// So many clients at once, each with so many requests; gives the statuses and their numbers.
  private func run(clients: Int, requests: Int, port: UInt16) -> [Int: Int] {
    let ok = Counter()
    let other = Counter()
    let workers = (0..<clients).map { number in
      Worker {
        let request = LoadClient.post(
          "/v1/chat/completions", Self.chat,
          headers: number % 3 == 0 ? "X-Nexus-Priority: high\r\n" : "")
        do {
          let client = try LoadClient(port: port)
          defer { client.close() }
          for _ in 0..<requests {
            let answer = try client.exchange(request)
            (answer.status == 200 ? ok : other).add(1)
            if answer.status != 200 { Issue.record("\(answer.head)\n\(answer.text)") }
          }
        } catch {
          Issue.record("\(error)")
        }
      }
    }
    for worker in workers { worker.join() }
    return [200: ok.value, 0: other.value]
  }

  @Test func noneOfThousandsIsLost() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=0,tps=0,words=1,slots=1"])
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(text(simulator.backends[0].url, places: 1))
    let counts = run(clients: 24, requests: 125, port: gateway.gateway.port)
    #expect(counts == [200: 3_000, 0: 0])
    #expect(try ProcessFigures.wait { try gateway.backend("a")?["pending_requests"] as? Int == 0 })
    try gateway.finish()
  }

  @Test func aReloadThatRaisesTheLimitWakesThoseWhoWait() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0,slots=64"])
    defer { simulator.stop() }
    let url = simulator.backends[0].url
    try simulator.fault(#"{"backend":"a","kind":"stall_before","all":true}"#)
    let more = "[health_check]\nenabled = false"
    let gateway = try ConfiguredGateway(text(url, places: 1, more) + "\nmodels = [\"m\"]\n")
    let port = gateway.gateway.port
    let clients = try (0..<6).map { _ in try LoadClient(port: port) }
    defer { for client in clients { client.close() } }
    for client in clients { try client.send(LoadClient.post("/v1/chat/completions", Self.chat)) }
    func inFlight(_ count: Int) throws -> Bool {
      try ProcessFigures.wait { try simulator.count("in_flight", of: "a") == count }
    }
    try gateway.gateway.waitForHealth("five wait", until: Date() + 10) {
      $0["queued_requests"] as? Int == 5
    }
    #expect(try inFlight(1))
    try gateway.reload(text(url, places: 4, more) + "\nmodels = [\"m\"]\n")
    #expect(try inFlight(4))
    try gateway.reload(text(url, places: 64, more) + "\nmodels = [\"m\"]\n")
    #expect(try inFlight(6))
    try gateway.gateway.waitForHealth("none waits", until: Date() + 10) {
      $0["queued_requests"] as? Int == 0
    }
    gateway.gateway.kill()
  }

  @Test func clientsThatLeaveTakeNoPlaceWithThem() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0,words=1,slots=2"])
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(text(simulator.backends[0].url, places: 2))
    let port = gateway.gateway.port
    let leavers = (0..<4).map { number in
      Worker {
        var random = SeededRandom(seed: UInt64(number + 1))
        for _ in 0..<250 {
          guard let client = try? LoadClient(port: port) else { continue }
          try? client.send(LoadClient.post("/v1/chat/completions", Self.chat))
          usleep(UInt32(random.next() % 3_000))
          client.close()
        }
      }
    }
    let counts = run(clients: 8, requests: 150, port: port)
    for leaver in leavers { leaver.join() }
    #expect(counts == [200: 1_200, 0: 0])
    #expect(try ProcessFigures.wait { try gateway.backend("a")?["pending_requests"] as? Int == 0 })
    #expect(
      try ProcessFigures.wait {
        try gateway.gateway.control("GET", "/status").object["requests_in_flight"] as? Int == 0
      })
    try gateway.finish()
  }

  /// The models that two clients ask for in turn, all at once: the server has room for one of them.
  @Test func waitingRequestsForTwoModelsCauseFewSwaps() throws {
    let simulator = try SimulatorProcess([
      "ollama:0,name=a,model=m1,model=m2,memory=1,load=60,ttft=4,tps=0,words=1,slots=1"
    ])
    defer { simulator.stop() }
    let text = """
      [server]
      threads = 2
      [[backends]]
      name = "a"
      url = "\(simulator.backends[0].url)"
      type = "ollama"
      max_concurrent = 1
      """
    let gateway = try ConfiguredGateway(text)
    try gateway.gateway.waitForHealth("a is up", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    let port = gateway.gateway.port
    let clients = try (0..<40).map { number in
      let client = try LoadClient(port: port)
      try client.send(
        LoadClient.post(
          "/v1/chat/completions",
          #"{"model":"m\#(number % 2 + 1)","messages":[{"role":"user","content":"Hello"}]}"#))
      return client
    }
    defer { for client in clients { client.close() } }
    var waits: [Int] = []
    for client in clients {
      let answer = try client.receive()
      #expect(answer.status == 200, "\(answer.text)")
      waits += answer.head.split(separator: "\r\n").compactMap {
        $0.hasPrefix("x-nexus-queue-wait-ms: ") ? Int($0.dropFirst(23)) : nil
      }
    }
    #expect(waits.count >= 38)
    #expect(waits.max() ?? 0 < 15_000)
    let loads = try simulator.count("loads", of: "a")
    #expect(loads <= 4, "40 requests brought a model into memory \(loads) times")
    let totals = try gateway.gateway.control("GET", "/queue").object["totals"] as? [String: Int]
    #expect(totals?["placed"] == waits.count)
    try gateway.finish()
  }

  @Test func theControlSocketTellsWhoWaits() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0,slots=64"])
    defer { simulator.stop() }
    let more = "max_wait_seconds = 600"
    let gateway = try ConfiguredGateway(text(simulator.backends[0].url, places: 1, more))
    try simulator.fault(#"{"backend":"a","kind":"stall_before","all":true}"#)
    let port = gateway.gateway.port
    let clients = try (0..<4).map { _ in try LoadClient(port: port) }
    defer { for client in clients { client.close() } }
    for (number, client) in clients.enumerated() {
      try client.send(
        LoadClient.post(
          "/v1/chat/completions", Self.chat,
          headers: number == 3 ? "X-Nexus-Priority: high\r\n" : ""))
      try gateway.gateway.waitForHealth("\(number) wait", until: Date() + 10) {
        $0["queued_requests"] as? Int == number
      }
    }
    let queue = try gateway.gateway.control("GET", "/queue").object
    #expect(queue["waiting"] as? Int == 3)
    let line = (queue["lines"] as? [[String: Any]])?.first ?? [:]
    #expect(line["model"] as? String == "m")
    #expect(line["operation"] as? String == "chat")
    #expect(line["high"] as? Int == 1)
    #expect(line["normal"] as? Int == 2)
    #expect(line["backends"] as? [String] == ["a"])
    #expect(line["oldest_wait_ms"] as? Int ?? -1 >= 0)
    #expect(line["eta_seconds"] is NSNull)
    clients[3].close()
    func totals() throws -> [String: Int] {
      try gateway.gateway.control("GET", "/queue").object["totals"] as? [String: Int] ?? [:]
    }
    #expect(try ProcessFigures.wait { try totals()["cancelled"] == 1 })
    #expect(
      try totals() == [
        "entered": 3, "placed": 0, "timed_out": 0, "cancelled": 1, "refused": 0,
        "refused_full": 0,
      ])
    #expect(
      try gateway.gateway.control("GET", "/status").object["requests_waiting"] as? Int == 2)
    gateway.gateway.kill()
  }

  @Test func aBackendThatComesBackTakesWhoWaits() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=a,model=m,ttft=1,tps=0", "vllm:0,name=b,model=m,ttft=1,tps=0",
    ])
    defer { simulator.stop() }
    try simulator.fault(#"{"backend":"a","kind":"stall_before"}"#)
    try simulator.fault(#"{"backend":"b","kind":"refuse"}"#)
    let more = "[health_check]\ninterval_seconds = 1\nrecovery_threshold = 1"
    let gateway = try ConfiguredGateway(
      text(simulator.backends[0].url, places: 1, more) + """
        \n[[backends]]
        name = "b"
        url = "\(simulator.backends[1].url)"
        type = "vllm"
        max_concurrent = 1
        """)
    try gateway.gateway.waitForHealth("a is up", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    let clients = try (0..<2).map { _ in try LoadClient(port: gateway.gateway.port) }
    defer { for client in clients { client.close() } }
    try clients[0].send(LoadClient.post("/v1/chat/completions", Self.chat))
    #expect(try ProcessFigures.wait { try simulator.count("in_flight", of: "a") == 1 })
    try clients[1].send(LoadClient.post("/v1/chat/completions", Self.chat))
    try gateway.gateway.waitForHealth("one waits", until: Date() + 10) {
      $0["queued_requests"] as? Int == 1
    }
    try simulator.clear()
    try gateway.gateway.waitForHealth("none waits", until: Date() + 15) {
      $0["queued_requests"] as? Int == 0
    }
    #expect(try clients[1].receive().head.contains("x-nexus-backend: b"))
    gateway.gateway.kill()
  }
}
