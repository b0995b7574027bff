import Config
import Drivers
import Testing
import Text

@testable import Fleet
@testable import Gateway
@testable import Routing

/// What a request continues, and what is forgotten of it when the fleet changes.
@Suite struct AffinityTests {
  private static let affinity = Affinity(seed: 3)

  private static func read(
    _ parts: ConversationReader.Parts, _ body: [UInt8], session: UInt64? = nil
  ) -> Conversation {
    var conversation = Conversation()
    ConversationReader.read(
      parts, body.span, session: session, affinity.hasher, into: &conversation)
    return conversation
  }

  // MARK: Names that clients give

  @Test func namesAreVisibleASCIIOfAtMost256Bytes() {
    func hash(_ text: String) -> UInt64? {
      let bytes = Array(text.utf8)
      return ConversationReader.name(bytes.span, 0..<bytes.count, Self.affinity.hasher)
    }
    #expect(hash("a") != nil && hash(String(repeating: "x", count: 256)) != nil)
    #expect(hash("a") != hash("b"))
    for bad in ["", "a b", "caf\u{E9}", "a\u{7F}", "\t", String(repeating: "x", count: 257)] {
      #expect(hash(bad) == nil, "\(bad.count) bytes")
    }
  }

  @Test func theHeaderComesFirst() {
    let body = Array(#"{"user":"anna"}"#.utf8)
    var parts = ConversationReader.Parts()
    #expect(Self.read(parts, body).isEmpty)
    parts.identity = 8..<14
    guard case .person(let anna) = Self.read(parts, body).identity else {
      Issue.record("nobody")
      return
    }
    parts.isNamed = true
    guard case .named(let name) = Self.read(parts, body).identity else {
      Issue.record("no name")
      return
    }
    // The same word means something else in another place.
    #expect(anna != name)
    #expect(Self.read(parts, body, session: 9).identity == .named(9))
  }

  // MARK: Losses

  private typealias Loss = Affinity.Loss

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
    #expect(Affinity.losses(from: Self.fleet(), to: Self.fleet(one)).isEmpty)
    #expect(Affinity.losses(from: Self.fleet(one), to: Self.fleet(one)).isEmpty)
    #expect(
      Affinity.losses(from: Self.fleet(one), to: Self.fleet(Self.member("two"), one)).isEmpty)
    #expect(
      Affinity.losses(from: Self.fleet(one), to: Self.fleet(Self.member("one", .up, .unknown)))
        .isEmpty)
    #expect(
      Affinity.losses(
        from: Self.fleet(Self.member("one", .down)), to: Self.fleet(Self.member("one"))
      ).isEmpty)
  }

  @Test func aBackendThatGoesLosesAll() {
    let one = Self.member("one")
    let all = [Loss(backend: one.backend.key)]
    #expect(Affinity.losses(from: Self.fleet(one), to: Self.fleet()) == all)
    for state in [BackendHealth.State.down, .loading, .unknown] {
      #expect(
        Affinity.losses(from: Self.fleet(one), to: Self.fleet(Self.member("one", state))) == all)
    }
  }

  @Test func aModelThatLeavesMemoryLosesItsCacheUnderAllItsNames() {
    let one = Self.member("one")
    let lost = ["m1", "m1:latest"].map {
      Loss(backend: one.backend.key, model: PromptCache.key(ofModel: $0))
    }
    for residency in [Residency.unloaded, .loading, .failed] {
      #expect(
        Affinity.losses(
          from: Self.fleet(one), to: Self.fleet(Self.member("one", .up, residency))) == lost)
    }
    let other = FleetFixture.member("one", models: [FleetFixture.model("m2")])
    #expect(Affinity.losses(from: Self.fleet(one), to: Self.fleet(other)) == lost)
  }

  @Test func placesAreThoseOfTheSharedTable() {
    let affinity = Affinity(seed: 3)
    let body = [UInt8](repeating: 0x61, count: 1_000)
    var parts = ConversationReader.Parts()
    parts.messages = 0..<1_000
    parts.ends = [400, 900]
    let conversation = Self.read(parts, body)
    let one = Self.member("one")
    let model = PromptCache.key(ofModel: "m1")
    affinity.record(
      conversation, in: PromptCache(backend: one.backend.key, model: model), keeps: 8, now: 0)
    func bytes() -> UInt64 {
      affinity.places(for: conversation, of: model, prompt: PromptSize(bytes: 90), now: 0)
        .bytes(at: one.backend.key)
    }
    #expect(bytes() == 90)
    affinity.follow(from: Self.fleet(one), to: Self.fleet(Self.member("one", .down)))
    #expect(bytes() == 0)
  }
}
