import Seeded
import Testing

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Prompts, windows and what is learned of tokenizers.
@Suite struct PromptWindowTests {
  typealias F = FleetFixture

  private func plan(
    _ members: [FleetMember], bytes: UInt64, answer: UInt64 = 0, needs: Abilities = []
  ) -> [String] {
    var facts = RequestFacts(
      model: "m", operation: .chat, needs: needs, prompt: PromptSize(bytes: bytes, messages: 1))
    facts.answerLimit = answer
    return Router.plan(facts, FleetSnapshot(members: members), loads: FixedLoads()).outline
  }

  /// 4,000 bytes are about 1,004 tokens, and at the least three quarters of that.
  @Test(
    arguments: [
      (1_100, ["a"]), (1_003, ["a"]), (753, ["a"]), (752, ["reject context_too_small"]),
      (1, ["reject context_too_small"]), (0, ["a"]),
    ] as [(UInt64, [String])])
  func onlyASureOverflowExcludes(_ window: UInt64, _ outcome: [String]) {
    #expect(plan([F.member("a", models: [F.model("m", context: window)])], bytes: 4_000) == outcome)
  }

  @Test func whereItFitsComesFirst() {
    let members = [
      F.member("tight", models: [F.model("m", context: 900)]),
      F.member("roomy", models: [F.model("m", context: 1_500)]) { $0.priority = 100 },
    ]
    #expect(plan(members, bytes: 4_000) == ["roomy", "tight"])
    #expect(plan(members, bytes: 400) == ["tight", "roomy"])
    // The answer counts for the order alone.
    #expect(plan(members, bytes: 400, answer: 1_000) == ["roomy", "tight"])
    #expect(plan([members[0]], bytes: 400, answer: 1_000_000) == ["tight"])
  }

  /// The same text is more tokens for one model than for another.
  @Test func theWindowIsMeasuredInTheModelsOwnTokens() {
    let coarse = F.member("coarse", models: [F.model("m", context: 1_000)])
    let fine = F.member("fine", models: [F.model("m", context: 1_000)])
    for _ in 0..<50 {
      coarse.models[0].account.tokens.record(bytes: 1_000, tokens: 125)
      fine.models[0].account.tokens.record(bytes: 1_000, tokens: 1_000)
    }
    #expect(plan([coarse], bytes: 7_000) == ["coarse"])
    #expect(plan([fine], bytes: 7_000) == ["reject context_too_small"])
    #expect(plan([fine], bytes: 900) == ["fine"])
  }

  /// Whoever asks for reasoning is served by what does not reason, but rather by what does.
  @Test func reasoningExcludesNobody() {
    let members = [
      F.member("plain", models: [F.model("m", known: .reasoning)]),
      F.member("thinker", models: [F.model("m", has: .reasoning, known: .reasoning)]),
    ]
    #expect(plan(members, bytes: 10, needs: .reasoning) == ["thinker", "plain"])
    #expect(plan([members[0]], bytes: 10, needs: .reasoning) == ["plain"])
    let blind = F.member("blind", models: [F.model("m", known: .vision)])
    #expect(plan([blind], bytes: 10, needs: .vision) == ["reject ability_missing"])
  }

  @Test func theScaleFollowsWhatBackendsCount() {
    var random = SeededRandom(state: 5)
    for truth in [1.0, 2.5, 3.3, 4.8, 9.0] {
      let scale = TokenScale()
      #expect(scale.bytesPerToken == TokenScale.usual)
      #expect(!scale.isCalibrated)
      for _ in 0..<100 {
        let bytes = UInt64.random(in: 100...20_000, using: &random)
        let noise = Double.random(in: 0.85...1.15, using: &random)
        scale.record(bytes: bytes, tokens: UInt64(Double(bytes) / truth * noise))
      }
      #expect(abs(scale.bytesPerToken / truth - 1) < 0.1, "\(truth)")
      #expect(scale.error > 0 && scale.error < 0.25, "\(truth): \(scale.error)")
      #expect(scale.isCalibrated)
    }
  }

  @Test func whatTeachesNothingChangesNothing() {
    let scale = TokenScale()
    for (bytes, tokens) in [(10, 3), (1_000, 0), (1_000, 1), (1_000, 1_000_000)]
      as [(UInt64, UInt64)]
    {
      scale.record(bytes: bytes, tokens: tokens)
    }
    #expect(scale.figures == TokenScale.Figures())
    #expect(PromptSize(bytes: 100, messages: 1, images: 1).sample(tokens: 900) == nil)
    #expect(PromptSize(bytes: 100, messages: 1).sample(tokens: 4) == nil)
    #expect(PromptSize(bytes: 100, messages: 1).sample(tokens: 29)?.tokens == 25)
  }

  /// A model whose tokenizer is known is reckoned by it, with a margin; any other by the bytes.
  @Test func theWorstCaseIsCalibrated() throws {
    func cost(_ record: Int) throws -> UInt64 {
      let member = F.member("paid", models: [F.model("gpt-4o")]) { $0.zone = .open }
      for _ in 0..<record {
        member.models[0].account.tokens.record(bytes: 2_000, tokens: 1_000)
      }
      var facts = RequestFacts(
        model: "gpt-4o", operation: .chat, prompt: PromptSize(bytes: 40_000))
      facts.spending = Spending(promptTokens: 10_000)
      let attempt = try #require(
        Router.plan(facts, FleetSnapshot(members: [member]), loads: FixedLoads()).attempts.first)
      // 2.5 micro-dollars a token.
      return UInt64(Double(try #require(attempt.worstCost)) / 2.5)
    }
    #expect(try cost(0) == 10_000)
    #expect(try cost(5) == 10_000)
    #expect((25_000...30_000).contains(try cost(60)))
  }
}
