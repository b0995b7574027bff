import Foundation
import Testing

/// Conversations stay where their beginning is in a cache, as long as that is worth it. That is judged by
/// times, so these run one after the other, and `make test` runs them on their own.
@Suite(.serialized) struct ConversationTests {
  /// Two equal servers that keep prompts, of which a token costs so many microseconds.
  private static let servers = ["one", "two"].map {
    "vllm:0,name=\($0),model=m1,ttft=1,tps=0,words=2,slots=8,cache=64,prompt-cost=200"
  }

  /// Servers, and a gateway in front of them.
  private final class House {
    let simulator: SimulatorProcess
    let gateway: ConfiguredGateway

    init(_ routing: String = "", one: String = "", servers: [String] = ConversationTests.servers)
      throws
    {
      simulator = try SimulatorProcess(servers)
      let tables = simulator.backends.map {
        """
        [[backends]]
        name = "\($0.name)"
        url = "\($0.url)"
        type = "\($0.type)"
        \($0.name == "one" ? one : "")
        """
      }
      gateway = try ConfiguredGateway(
        """
        [server]
        threads = 2
        [routing]
        \(routing)
        \(tables.joined(separator: "\n"))
        """)
      try gateway.gateway.waitForHealth("2 healthy backends", until: Date() + 15) {
        ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
      }
      // Both are known, and for the same speed: with prompts that nobody continues.
      for number in 0..<12 {
        try talk(["warm up \(number) " + ConversationTests.filler(number)]).expectOK()
      }
    }

    deinit { simulator.stop() }

    func client(
      _ messages: [String], headers: String = "", more: String = ""
    ) throws -> LoadClient {
      let client = try LoadClient(port: gateway.gateway.port)
      try client.send(
        LoadClient.post("/v1/chat/completions", body(messages, more: more), headers: headers))
      return client
    }

    func body(_ messages: [String], more: String = "") -> String {
      let list = messages.enumerated().map { index, text in
        #"{"role":"\#(index == 0 ? "system" : index % 2 == 1 ? "user" : "assistant")","#
          + #""content":"\#(text)"}"#
      }
      return #"{"model":"m1",\#(more)"messages":[\#(list.joined(separator: ","))]}"#
    }

    func talk(
      _ messages: [String], headers: String = "", more: String = ""
    ) throws -> LoadClient.Answer {
      let client = try client(messages, headers: headers, more: more)
      defer { client.close() }
      return try client.receive()
    }

    /// Messages of prompts that the servers found in their caches.
    func found() throws -> Int {
      try simulator.count("found", of: "one") + simulator.count("found", of: "two")
    }
  }

  /// About so many tokens.
  private static func filler(_ number: Int, tokens: Int = 400) -> String {
    String(repeating: "\(1_000 + number) words ", count: tokens / 3)
  }

  private static let system = "You are the oracle of this house. " + filler(0, tokens: 600)

  /// The messages of a conversation up to its turn, the answers between them included.
  private static func turn(_ turn: Int, of conversation: Int) -> [String] {
    var messages = [system]
    for number in 0...turn {
      if number > 0 { messages.append("answer \(number) to \(conversation)") }
      messages.append("question \(number) of \(conversation) " + filler(conversation))
    }
    return messages
  }

  /// Begins ten conversations at once, so that there is something to spread.
  private func begin(_ house: House) throws -> [String] {
    let clients = try (0..<10).map { try house.client(Self.turn(0, of: $0)) }
    defer { for client in clients { client.close() } }
    return try clients.map { try $0.receive().server }
  }

  @Test func everyTurnGoesWhereTheConversationIs() throws {
    // A server that the machine held up is slower than a prompt is worth, and left with good reason.
    // Such a course proves nothing, so there may be another; only the last one counts in any case.
    for _ in 1..<3 {
      let course = try talkTurns()
      guard course.isDisturbed, !course.faults.isEmpty else { return expectNone(course.faults) }
    }
    expectNone(try talkTurns().faults)
  }

  private func expectNone(_ faults: [String]) {
    #expect(faults.isEmpty, "\(faults.joined(separator: "; "))")
  }

  /// Ten conversations of five turns; what went otherwise than it should, and whether the machine was
  /// too busy for the times of the servers to mean anything.
  private func talkTurns() throws -> (faults: [String], isDisturbed: Bool) {
    let house = try House()
    let homes = try begin(house)
    var faults = Set(homes) == ["one", "two"] ? [] : ["all began in one place"]
    var isDisturbed = false
    for turn in 1...4 {
      let before = try house.found()
      for conversation in 0..<10 {
        let began = ContinuousClock.now
        let answer = try house.talk(Self.turn(turn, of: conversation))
        // What is new of a turn takes 80 ms where the rest is in the cache.
        if answer.server != homes[conversation] {
          faults.append("turn \(turn) of \(conversation) went to \(answer.server)")
        } else if ContinuousClock.now - began > .milliseconds(160) {
          isDisturbed = true
        }
      }
      // All that was there before has been found: what its servers think, not the gateway.
      let found = try house.found() - before
      if found != 10 * 2 * turn { faults.append("turn \(turn) found \(found) messages") }
    }
    try house.gateway.finish()
    return (faults, isDisturbed)
  }

  @Test func anExplanationSaysWhatIsCached() throws {
    let house = try House()
    let home = try house.talk(Self.turn(0, of: 3)).server
    let client = try LoadClient(port: house.gateway.gateway.port)
    defer { client.close() }
    let answer = try client.exchange(
      LoadClient.post("/v1/explain", house.body(Self.turn(1, of: 3))))
    let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    let tokens = object?["prompt_tokens_estimated"] as? Int ?? 0
    for entry in object?["entries"] as? [[String: Any]] ?? [] {
      let cached = entry["cached_tokens"] as? Int
      if entry["backend"] as? String == home {
        #expect((cached ?? 0) > tokens / 2 && (cached ?? 0) < tokens)
        #expect(entry["rank"] as? Int == 0)
      } else {
        #expect(cached == 0)
      }
    }
    try house.gateway.finish()
  }

  @Test func withoutAffinityConversationsAreSpread() throws {
    // Without caches and learned times, so that nothing makes one of them better for a conversation,
    // or for all.
    let servers = Self.servers.map { $0.replacingOccurrences(of: "cache=64", with: "cache=0") }
    let house = try House(
      "affinity = false\nweights = { priority = 1, load = 1, latency = 0 }", servers: servers)
    let homes = try begin(house)
    var moves = 0
    for turn in 1...2 {
      for conversation in 0..<10 {
        let answer = try house.talk(Self.turn(turn, of: conversation))
        if answer.server != homes[conversation] { moves += 1 }
      }
    }
    #expect(moves >= 4)
    try house.gateway.finish()
  }

  @Test func aFullPlaceIsNotWaitedFor() throws {
    let house = try House(one: "max_concurrent = 1")
    let homes = try begin(house)
    guard let conversation = homes.firstIndex(of: "one") else {
      throw CaseFailure("nothing went to 'one'")
    }
    #expect(try house.talk(Self.turn(1, of: conversation)).server == "one")
    try house.simulator.fault(#"{"backend":"one","kind":"stall_before","count":1}"#)
    let holder = try house.client(Self.turn(1, of: conversation))
    defer { holder.close() }
    let isHeld = try ProcessFigures.wait { try house.simulator.count("in_flight", of: "one") == 1 }
    #expect(isHeld)
    #expect(try house.talk(Self.turn(2, of: conversation)).server == "two")
    house.gateway.gateway.kill()
  }

  @Test func theClientsNameForAConversationComesBeforeItsPrompt() throws {
    let house = try House()
    // The same prompt under two names, at the same time: one goes to each server.
    let names = ["x-nexus-session: left-5f31\r\n", "X-Nexus-Session: right-5f31\r\n"]
    let prompt = Self.turn(0, of: 0)
    let first = try names.map { try house.client(prompt, headers: $0) }
    let homes = try first.map { try $0.receive().server }
    for client in first { client.close() }
    #expect(Set(homes) == ["one", "two"])
    for turn in 1...3 {
      for (name, home) in zip(names, homes) {
        let answer = try house.talk(Self.turn(turn, of: 0), headers: name)
        #expect(answer.server == home, "turn \(turn) of \(name)")
      }
    }
    // It is between the client and the gateway.
    for server in ["one", "two"] {
      let head = try house.simulator.lastHead(of: server)
      #expect(!head.contains("session") && !head.contains("5f31"))
    }
    #expect(!house.gateway.gateway.log.contains("5f31"))
    try house.gateway.finish()
  }
}

extension LoadClient.Answer {
  fileprivate func expectOK() throws {
    guard status == 200 else { throw CaseFailure("\(head)\n\(text)") }
  }
}
