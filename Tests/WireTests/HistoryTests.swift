import Foundation
import Testing

/// `GET /v1/history` and `GET /v1/stats` through the front door.
@Suite struct HistoryTests {
  private typealias Entry = [String: Any]
  private static let chat = "/v1/chat/completions"

  private func body(_ model: String, stream: Bool = false) -> String {
    let more = stream ? #","stream":true,"stream_options":{"include_usage":true}"# : ""
    return #"{"model":"\#(model)","messages":[{"role":"user","content":"Hello"}]\#(more)}"#
  }

  private func post(_ id: String, _ text: String) -> [UInt8] {
    LoadClient.post(Self.chat, text, headers: "X-Request-Id: \(id)\r\n")
  }

  private func send(_ id: String, _ text: String, to gateway: ConfiguredGateway) throws -> Int {
    try LoadClient(port: gateway.gateway.port).using { try $0.exchange(post(id, text)).status }
  }

  private func answer(
    _ path: String, _ gateway: ConfiguredGateway, headers: String = ""
  ) throws -> LoadClient.Answer {
    try LoadClient(port: gateway.gateway.port).using {
      try $0.exchange(Array("GET \(path) HTTP/1.1\r\nHost: gateway\r\n\(headers)\r\n".utf8))
    }
  }

  private func history(_ gateway: ConfiguredGateway, _ query: String = "") throws -> [Entry] {
    let answer = try answer("/v1/history\(query)", gateway)
    #expect(answer.status == 200, "\(answer.text)")
    return try JSONSerialization.jsonObject(with: Data(answer.body)) as? [Entry] ?? []
  }

  private func ids(_ gateway: ConfiguredGateway, _ query: String) throws -> [String] {
    try history(gateway, query).map { $0["request_id"] as? String ?? "" }
  }

  /// The history once so many requests are in it; a request is a moment after its answer.
  private func history(_ gateway: ConfiguredGateway, count: Int) throws -> [Entry] {
    var last: [Entry] = []
    _ = try ProcessFigures.wait {
      last = try history(gateway)
      return last.count >= count
    }
    #expect(last.count == count)
    return last
  }

  // MARK: What is in it

  @Test func everyEndIsRemembered() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    let told = try LoadClient(port: gateway.gateway.port).using {
      try $0.exchange(post("well", body("m")))
    }
    let object = try JSONSerialization.jsonObject(with: Data(told.body)) as? Entry
    let tokens = (object?["usage"] as? [String: Any])?["completion_tokens"] as? Double ?? 0
    #expect(told.status == 200 && tokens > 0)
    #expect(try send("stream", body("m", stream: true), to: gateway) == 200)
    #expect(try send("broken", "{", to: gateway) == 400)
    #expect(try send("nobody", body("nobody"), to: gateway) == 404)
    #expect(try send("instead", body("gone"), to: gateway) == 200)
    try simulator.fault(#"{"backend":"a","kind":"garbage","count":1}"#)
    #expect(try send("elsewhere", body("m"), to: gateway) == 200)
    _ = try history(gateway, count: 6)
    try simulator.fault(#"{"backend":"a","kind":"stall_inside","count":1}"#)
    let leaver = try LoadClient(port: gateway.gateway.port)
    try leaver.send(post("left", body("m", stream: true)))
    #expect(try leaver.readSome() > 0)
    leaver.close()
    _ = try history(gateway, count: 7)
    try simulator.fault(#"{"backend":"c","kind":"stall_before","count":1}"#)
    let first = try LoadClient(port: gateway.gateway.port)
    try first.send(post("first", body("slow:1")))
    _ = try gateway.gateway.waitForBackend("Box 2") { $0["pending_requests"] as? Int == 1 }
    #expect(try send("late", body("slow:1"), to: gateway) == 503)
    _ = try history(gateway, count: 8)
    first.close()
    let all = try history(gateway, count: 9)
    #expect(
      all.map { $0["request_id"] as? String } == [
        "well", "stream", "broken", "nobody", "instead", "elsewhere", "left", "late", "first",
      ])
    check(
      Dictionary(uniqueKeysWithValues: all.map { ($0["request_id"] as? String ?? "", $0) }),
      tokens)
    let control = try LoadClient(path: gateway.gateway.controlSocket)
    defer { control.close() }
    #expect(try control.exchange(LoadClient.get("/history?model=gone")).text.contains("instead"))
    #expect(try control.exchange(LoadClient.get("/history?modle=gone")).status == 400)
    try checkStats(gateway)
    try gateway.finish()
  }

  private func check(_ all: [String: Entry], _ tokens: Double) {
    func text(_ id: String, _ name: String) -> String? { all[id]?[name] as? String }
    func number(_ id: String, _ name: String, in part: String? = nil) -> Double? {
      let object = part.map { all[id]?[$0] as? Entry } ?? all[id]
      return object?[name] as? Double
    }
    func attempts(_ id: String) -> [String] {
      (all[id]?["attempts"] as? [Entry] ?? []).map {
        "\($0["backend"] ?? "") \($0["outcome"] ?? "") \($0["failure"] ?? "-")"
      }
    }
    for (id, entry) in all {
      let isGood = ["well", "stream", "instead", "elsewhere"].contains(id)
      #expect(entry["status"] as? String == (isGood ? "Success" : "Error"), "\(id)")
      #expect(entry["error_message"] is String == !isGood, "\(id)")
      #expect(abs((entry["timestamp"] as? Double ?? 0) - Date().timeIntervalSince1970) < 60)
      #expect(entry["endpoint"] as? String == "chat")
    }
    #expect(text("well", "backend_id") == "box-0" && text("well", "backend") == "Box 0")
    #expect(text("well", "model") == "m" && text("well", "zone") == "restricted")
    #expect(text("well", "explanation") == "/v1/explain/well")
    #expect(text("well", "route_reason") == "capability-match")
    #expect(attempts("well") == ["Box 0 answered -"])
    #expect(number("well", "completion", in: "tokens") == tokens)
    #expect(number("stream", "completion", in: "tokens") == tokens)
    #expect(all["stream"]?["stream"] as? Bool == true && all["well"]?["stream"] as? Bool == false)
    for id in ["well", "stream"] {
      let firstToken = number(id, "first_token_ms", in: "timings") ?? -1
      let lastToken = number(id, "last_token_ms", in: "timings") ?? -1
      #expect(firstToken > 0 && lastToken >= firstToken, "\(id)")
    }
    #expect(number("broken", "status_code") == 400 && text("broken", "model") == nil)
    #expect(text("broken", "backend_id") == "none" && text("broken", "explanation") == nil)
    #expect(number("nobody", "status_code") == 404 && text("nobody", "model") == "nobody")
    #expect(attempts("nobody").isEmpty && text("nobody", "explanation") != nil)
    #expect(text("instead", "requested_model") == "gone" && text("instead", "model") == "m")
    #expect(all["instead"]?["fallback"] as? Bool == true)
    #expect(attempts("elsewhere") == ["Box 0 failed upstream_broken", "Box 1 answered -"])
    #expect(text("elsewhere", "backend_id") == "box-1")
    #expect(text("elsewhere", "route_reason") == "failover")
    #expect(number("left", "status_code") == 499 && text("left", "outcome") == "cancelled")
    #expect(number("late", "status_code") == 503)
    #expect(number("late", "queue_ms", in: "timings") ?? 0 >= 900)
    #expect(number("first", "status_code") == 499)
    #expect(attempts("first") == ["Box 2 unfinished -"])
  }

  private func checkStats(_ gateway: ConfiguredGateway) throws {
    let answer = try answer("/v1/stats", gateway)
    let stats = try JSONSerialization.jsonObject(with: Data(answer.body)) as? Entry ?? [:]
    #expect(stats["total_requests"] as? Int == 9)
    let requests = stats["requests"] as? [String: Int]
    #expect(requests == ["total": 9, "success": 4, "errors": 5])
    let backends = stats["backends"] as? [Entry] ?? []
    #expect(backends.map { $0["id"] as? String } == ["box-0", "box-1", "box-2"])
    #expect(backends.map { $0["name"] as? String } == ["Box 0", "Box 1", "Box 2"])
    #expect(backends.map { $0["requests"] as? Int } == [4, 1, 1])
    #expect(backends.allSatisfy { ($0["average_latency_ms"] as? Double ?? 0) > 0 })
    #expect(backends.allSatisfy { $0["pending"] as? Int == 0 && $0["tier"] is Int })
    #expect(backends.allSatisfy { $0["zone"] as? String == "restricted" })
    // The looks at what happened are thirty seconds apart.
    #expect(backends.allSatisfy { $0["success_rate_24h"] == nil && $0["error_rate_1h"] == nil })
    let models = stats["models"] as? [Entry] ?? []
    #expect(models.map { $0["name"] as? String } == ["m", "slow:1"])
    #expect(models.map { $0["requests"] as? Int } == [5, 2])
    #expect(stats["budget"] == nil && stats["uptime_seconds"] is Int)
    let queue = stats["queue"] as? Entry
    #expect(queue?["enabled"] as? Bool == true && queue?["max_size"] as? Int == 100)
    let control = try gateway.gateway.control("GET", "/stats")
    #expect(control.object["total_requests"] as? Int == 9)
  }

  // MARK: Asking

  @Test func filtersAndPages() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    for number in 0..<6 { _ = try send("m\(number)", body("m"), to: gateway) }
    for number in 0..<3 { _ = try send("s\(number)", body("slow:1"), to: gateway) }
    for number in 0..<2 { _ = try send("n\(number)", body("nobody"), to: gateway) }
    _ = try send("f", body("gone"), to: gateway)
    let all = try history(gateway, count: 12)
    #expect(try ids(gateway, "?model=m").count == 7)
    #expect(try ids(gateway, "?model=gone") == ["f"])
    #expect(try ids(gateway, "?model=slow%3A1&limit=2") == ["s1", "s2"])
    #expect(try ids(gateway, "?backend=box-2") == ["s0", "s1", "s2"])
    #expect(try ids(gateway, "?backend=Box%202") == ["s0", "s1", "s2"])
    #expect(try ids(gateway, "?backend=none") == ["n0", "n1"])
    #expect(try ids(gateway, "?status=error") == ["n0", "n1"])
    #expect(try ids(gateway, "?status=success&backend=none").isEmpty)
    let future = Int(Date().timeIntervalSince1970) + 1_000
    #expect(try ids(gateway, "?since=\(future)").isEmpty)
    #expect(try ids(gateway, "?since=2099-01-01T00:00:00%2B01:00").isEmpty)
    #expect(try ids(gateway, "?since=2026-01-01T00:00:00.5Z").count == 12)
    #expect(try ids(gateway, "?since=\(future - 1_200)").count == 12)
    // Pages from the newest to the oldest, by either id.
    for key in ["id", "request_id"] {
      var seen: [String] = []
      var before = ""
      while let page = Optional(try history(gateway, "?limit=5\(before)")), !page.isEmpty {
        seen = page.map { $0["request_id"] as? String ?? "" } + seen
        before = "&before=\(page[0][key] as? String ?? "")"
      }
      #expect(seen == all.map { $0["request_id"] as? String ?? "" }, "\(key)")
    }
    for (query, words) in [
      ("?modle=m", "'modle'"), ("?limit=0", "1 to 1000"), ("?limit=x", "'x'"),
      ("?status=good", "success or error"), ("?since=now", "2026-11-24T05:44:00Z"),
      ("?before=unheard-of", "'unheard-of'"), ("?model=", "no value"),
      ("?after=x", "'x'"), ("?after=0000000000000001-0,", "with commas"),
    ] {
      let answer = try answer("/v1/history\(query)", gateway)
      #expect(answer.status == 400 && answer.text.contains(words), "\(query): \(answer.text)")
      try JSONCheck.checkEnvelope(answer.body)
    }
    #expect(try answer("/history", gateway).status == 404)
  }

  /// Whoever names the last entry of each worker is told all that ended since, and each once.
  @Test func whatIsNewIsAskedForByPlace() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    var marks: [Substring: String] = [:]
    var numbers: [Substring: Int] = [:]
    var seen: [String] = []
    func look() throws {
      let after = marks.isEmpty ? "" : "&after=\(marks.values.joined(separator: ","))"
      var found: [Entry] = []
      // Pages of three, from the newest to the oldest of those that are new.
      while true {
        let before = found.first.map { "&before=\($0["id"] as? String ?? "")" } ?? ""
        let page = try history(gateway, "?limit=3\(after)\(before)")
        found = page + found
        if page.count < 3 { break }
      }
      for entry in found {
        let id = entry["id"] as? String ?? ""
        let worker = id.split(separator: "-").last ?? ""
        let number = entry["number"] as? Int ?? 0
        #expect(number == numbers[worker, default: 0] + 1, "\(id)")
        numbers[worker] = number
        marks[worker] = id
        seen.append(entry["request_id"] as? String ?? "")
      }
    }
    for round in 0..<5 {
      for number in 0..<7 { #expect(try send("\(round)-\(number)", body("m"), to: gateway) == 200) }
      try look()
    }
    _ = try ProcessFigures.wait {
      try look()
      return seen.count >= 35
    }
    try look()
    #expect(seen.sorted() == (0..<5).flatMap { r in (0..<7).map { "\(r)-\($0)" } })
    #expect(try history(gateway, "?after=\(marks.values.joined(separator: ","))").isEmpty)
    let all = try history(gateway)
    let middle = all[20]["id"] as? String ?? ""
    let newer = try ids(gateway, "?after=\(middle)")
    #expect(newer == all[21...].map { $0["request_id"] as? String ?? "" })
    #expect(try ids(gateway, "?after=\(middle)&before=\(all[30]["request_id"] ?? "")").count == 9)
  }

  @Test func pollingCostsLittleWhileNothingHappens() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    #expect(try send("one", body("m"), to: gateway) == 200)
    _ = try history(gateway, count: 1)
    for path in ["/v1/history", "/v1/stats"] {
      let fresh = try answer(path, gateway)
      let tag = fresh.field("etag")
      #expect(fresh.status == 200 && !tag.isEmpty && fresh.field("cache-control") == "no-cache")
      let client = try LoadClient(port: gateway.gateway.port)
      defer { client.close() }
      let ask = Array(
        "GET \(path) HTTP/1.1\r\nHost: g\r\nIf-None-Match: \"x\", \(tag)\r\n\r\n".utf8)
      try client.send(ask)
      var head = ""
      while !head.hasSuffix("\r\n\r\n") {
        head += String(decoding: try client.readBytes(), as: UTF8.self)
      }
      #expect(head.hasPrefix("HTTP/1.1 304 Not Modified\r\n"), "\(head)")
      #expect(head.contains("\r\netag: \(tag)\r\n") && !head.contains("content-length"))
      #expect(try send("more", body("nobody"), to: gateway) == 404)
      let changed = try ProcessFigures.wait {
        try answer(path, gateway, headers: "If-None-Match: \(tag)\r\n").field("etag") != tag
      }
      #expect(changed, "\(path)")
    }
    let tag = try answer("/v1/history", gateway).field("etag")
    let other = try answer("/v1/history?limit=1", gateway, headers: "If-None-Match: \(tag)\r\n")
    #expect(other.status == 200, "another query is another answer")
  }

  @Test func hostileNamesAreTextAndNothingElse() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    let names = [
      #"</script><script>alert(1)</script>"#, #"quote\" back\\ \u0000 \n end"#,
      String(repeating: "\u{1F600}", count: 100), String(repeating: "a", count: 5_000),
    ]
    for (number, name) in names.enumerated() {
      #expect(try send("evil-\(number)", body(name), to: gateway) == 404)
    }
    let all = try history(gateway, count: 4)
    let told = all.map { $0["model"] as? String ?? "" }
    #expect(told[0] == names[0])
    #expect(told[1] == "quote\" back\\ \u{0} \n end")
    #expect(told[2] == String(repeating: "\u{1F600}", count: 64))
    #expect(told[3].count == 256)
    for entry in all {
      let message = entry["error_message"] as? String ?? ""
      #expect(!message.isEmpty && message.utf8.count <= 1_024)
    }
  }

  // MARK: Bounds

  @Test func tenThousandTakeBoundedMemory() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(
      ThreeBoxes.configuration(simulator, "[history]\nsize = 10000\n"))
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    let name = String(repeating: "x", count: 4_000)
    func fill(_ range: Range<Int>) throws {
      for number in range {
        #expect(try client.exchange(post("r\(number)", body("\(number)-\(name)"))).status == 404)
      }
    }
    try fill(0..<500)
    let before = ProcessFigures.residentKiB(of: gateway.gateway.identifier)
    try fill(500..<10_500)
    let grown = ProcessFigures.residentKiB(of: gateway.gateway.identifier) - before
    #expect(grown < 48 * 1_024, "10,000 entries took \(grown) KiB")
    #expect(try ids(gateway, "").count == 100)
    var count = 0
    var query = "?limit=1000"
    while let first = try history(gateway, query).first {
      count += try history(gateway, query).count
      query = "?limit=1000&before=\(first["id"] as? String ?? "")"
    }
    #expect(count == 10_000)
    // Fewer hold at once, and the newest stay.
    try gateway.reload(ThreeBoxes.configuration(simulator, "[history]\nsize = 3\n"))
    let left = try ProcessFigures.wait {
      try ids(gateway, "") == ["r10497", "r10498", "r10499"]
    }
    #expect(left)
  }

  @Test func theBudgetIsInTheStatistics() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=cloud,model=o1-pro,ttft=0,tps=0,words=5"])
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(
      """
      [routing.budget]
      monthly_limit_usd = 100.0
      soft_limit_percent = 80.0
      hard_limit_action = "block_cloud"
      [[backends]]
      name = "cloud"
      url = "\(simulator.backends[0].url)"
      type = "vllm"
      zone = "open"
      """)
    #expect(try send("paid", body("o1-pro"), to: gateway) == 200)
    let entry = try history(gateway, count: 1)[0]
    let cost = entry["cost_usd"] as? Double ?? 0
    #expect(cost > 0)
    let answer = try answer("/v1/stats", gateway)
    let stats = try JSONSerialization.jsonObject(with: Data(answer.body)) as? Entry
    let budget = stats?["budget"] as? Entry ?? [:]
    #expect(abs((budget["current_spending_usd"] as? Double ?? 0) - cost) < 1e-9)
    #expect(budget["monthly_limit_usd"] as? Double == 100)
    #expect(budget["soft_limit_threshold"] as? Double == 80)
    #expect(budget["status"] as? String == "Normal")
    #expect(budget["hard_limit_action"] as? String == "BlockCloud")
    #expect((budget["billing_month"] as? String)?.count == 7)
    #expect((budget["next_reset_date"] as? String)?.hasSuffix("-01") == true)
    #expect((budget["last_reconciliation"] as? String)?.hasSuffix("Z") == true)
  }
}
