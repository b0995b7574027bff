import Config
import Drivers
import HTTP
import Testing
import Text

@testable import Fleet
@testable import Gateway
@testable import Routing

/// What a request continues, and what is forgotten of it when the fleet changes.
@Suite struct AffinityTests {
  private static let affinity = Affinity(seed: 3)

  private static func read(_ text: String, session: UInt64? = nil) throws -> Conversation {
    var outline = RequestOutline()
    let body = Array(text.utf8)
    try RequestScan.read(body.span, into: &outline)
    var conversation = Conversation()
    conversation.read(outline, body.span, session: session, affinity.hasher)
    return conversation
  }

  /// A chat with those members besides its messages.
  private static func chat(
    _ messages: [String], before: String = "", after: String = ""
  ) throws -> Conversation {
    let list = messages.map { #"{"role":"user","content":"\#($0)"}"# }.joined(separator: ",")
    return try read("{\(before)\"messages\":[\(list)]\(after)}")
  }

  // MARK: The prompt

  @Test func theNextTurnBeginsWithThisOne() throws {
    let messages = (0..<20).map { "message \($0)" }
    let whole = try Self.chat(messages, after: #","stream":true"#).chain.links
    #expect(whole.count == 20)
    for count in 1...20 {
      // Whatever stands around the messages.
      let turn = try Self.chat(
        Array(messages.prefix(count)), before: "\"temperature\":0.\(count), ")
      #expect(turn.chain.links == Array(whole.prefix(count)))
    }
  }

  @Test func toolsAndInstructionsComeFirstWhereverTheyStand() throws {
    let tools = #""tools":[{"type":"function","function":{"name":"f"}}]"#
    let first = try Self.chat(["a", "b"], before: tools + ",")
    let last = try Self.chat(["a", "b"], after: ",\(tools)")
    #expect(first.chain.links == last.chain.links)
    #expect(first.chain.links.count == 3)
    let other = try Self.chat(["a", "b"], before: #""system":"be brief","#)
    #expect(other.chain.links.count == 3)
    #expect(try Self.chat(["a", "b"]).chain.links[0] != first.chain.links[1])
    // The Responses API calls them otherwise.
    let input = try Self.read(#"{"instructions":"x","input":[{"content":"a"},{"content":"b"}]}"#)
    #expect(input.chain.links.count == 3)
  }

  // MARK: Names that clients give

  @Test func namesAreVisibleASCIIOfAtMost256Bytes() {
    func hash(_ text: String) -> UInt64? {
      let bytes = Array(text.utf8)
      return Self.affinity.name(bytes.span, 0..<bytes.count)
    }
    #expect(hash("a") != nil && hash(String(repeating: "x", count: 256)) != nil)
    #expect(hash("a") != hash("b"))
    for bad in ["", "a b", "caf\u{E9}", "a\u{7F}", "\t", String(repeating: "x", count: 257)] {
      #expect(hash(bad) == nil, "\(bad.count) bytes")
    }
  }

  @Test func theHeaderComesFirst() throws {
    #expect(try Self.read(#"{"model":"m"}"#).isEmpty)
    guard case .person(let anna) = try Self.read(#"{"user":"anna"}"#).identity,
      case .person(let other) = try Self.read(#"{"metadata":{"session_id":"x"}}"#).identity
    else {
      Issue.record("nobody")
      return
    }
    let both = try Self.read(#"{"user":"x","prompt_cache_key":"anna"}"#)
    guard case .named(let name) = both.identity else {
      Issue.record("no name")
      return
    }
    // The same word means something else in another place.
    #expect(anna != name && anna != other)
    #expect(try Self.read(#"{"user":"anna"}"#, session: 9).identity == .named(9))
  }

  // MARK: Losses

  private static func fleet(_ members: FleetMember...) -> FleetSnapshot {
    FleetSnapshot(members: members)
  }

  private static func member(
    _ name: String, _ state: BackendHealth.State = .up, _ residency: Residency = .loaded
  ) -> FleetMember {
    FleetFixture.member(
      name, state,
      models: [
        FleetFixture.model("m1", alias: "m1:latest", residency: residency),
        FleetFixture.model("m2"),
      ])
  }

  @Test func whatIsAsItWasLosesNothing() {
    let one = Self.member("one")
    #expect(CacheLoss.all(from: Self.fleet(), to: Self.fleet(one)).isEmpty)
    #expect(CacheLoss.all(from: Self.fleet(one), to: Self.fleet(one)).isEmpty)
    #expect(
      CacheLoss.all(from: Self.fleet(one), to: Self.fleet(Self.member("two"), one)).isEmpty)
    #expect(
      CacheLoss.all(from: Self.fleet(one), to: Self.fleet(Self.member("one", .up, .unknown)))
        .isEmpty)
    #expect(
      CacheLoss.all(
        from: Self.fleet(Self.member("one", .down)), to: Self.fleet(Self.member("one"))
      ).isEmpty)
  }

  @Test func aBackendThatGoesLosesAll() {
    let one = Self.member("one")
    let all = [CacheLoss(backend: one.backend.key)]
    #expect(CacheLoss.all(from: Self.fleet(one), to: Self.fleet()) == all)
    for state in [BackendHealth.State.down, .loading, .unknown] {
      #expect(
        CacheLoss.all(from: Self.fleet(one), to: Self.fleet(Self.member("one", state))) == all)
    }
  }

  @Test func aModelThatLeavesMemoryLosesItsCacheUnderAllItsNames() {
    let one = Self.member("one")
    let lost = ["m1", "m1:latest"].map {
      CacheLoss(backend: one.backend.key, model: PromptCache.key(ofModel: $0))
    }
    for residency in [Residency.unloaded, .loading, .failed] {
      #expect(
        CacheLoss.all(
          from: Self.fleet(one), to: Self.fleet(Self.member("one", .up, residency))) == lost)
    }
    let other = FleetFixture.member("one", models: [FleetFixture.model("m2")])
    #expect(CacheLoss.all(from: Self.fleet(one), to: Self.fleet(other)) == lost)
  }

  @Test func aChatIsFoundAgainWhereItWasAnswered() throws {
    let affinity = Affinity(seed: 3)
    let members = [Self.member("one"), Self.member("two")]
    let fleet = FleetSnapshot(members: members)
    let policy = RoutingPolicy()
    let body = Array(#"{"messages":[{"content":"hello"}]}"#.utf8)
    var outline = RequestOutline()
    try RequestScan.read(body.span, into: &outline)
    var continuation = Continuation()
    func places(_ fleet: FleetSnapshot, _ policy: RoutingPolicy = RoutingPolicy()) -> WarmPlaces {
      let view = GatewayView(
        fleet: fleet,
        rules: GatewayRules(
          routing: policy, server: .init(), timeouts: .init()))
      return affinity.places(
        for: RequestFacts(model: "m1", operation: .chat, prompt: PromptSize(bytes: 5)), outline,
        body.span, in: view, now: 0, &continuation, session: { nil })
    }
    #expect(places(fleet).isEmpty)
    let attempt = try #require(
      Router.plan(RequestFacts(model: "m1", operation: .chat), fleet, policy).attempts.first)
    affinity.record(&continuation, attempt, now: 0)
    #expect(places(fleet).places == [.init(backend: attempt.backend.key, bytes: 5)])
    // Nobody asks where there is no choice.
    #expect(places(FleetSnapshot(members: [members[0]])).isEmpty && !continuation.isOpen)
    #expect(places(fleet, .with { $0.affinity = false }).isEmpty && !continuation.isOpen)
    #expect(places(fleet, .with { $0.strategy = .roundRobin }).isEmpty && !continuation.isOpen)
    // What is recorded once is not recorded again.
    affinity.record(&continuation, attempt, now: 0)
    let down = FleetSnapshot(
      members: members.map { Self.member($0.backend.name, .down) })
    affinity.follow(from: fleet, to: down)
    #expect(places(fleet).isEmpty)
  }
}
