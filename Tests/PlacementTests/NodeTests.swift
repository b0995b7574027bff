import LatencyModels
import Testing

@testable import placement_bench

/// The simulated server: slots, caches, memory, and how it breaks.
struct NodeTests {
  /// 1 ms for a token of the prompt, 10 ms for one of the answer, and no more; 2 s to load a model.
  private func spec(slots: Int = 1, _ change: (inout NodeSpec) -> Void = { _ in }) -> NodeSpec {
    var spec = NodeSpec("node", base: 0, prompt: 1, rate: 100, slots: slots, load: 2, crowding: 0)
    change(&spec)
    return spec
  }

  private func job(
    _ id: Int, model: Int = 0, conversation: Int? = nil, tokens: Int = 1_000, answer: Int = 100,
    family: Int = -1, familyTokens: Int = 0
  ) -> Job {
    Job(
      id: id, model: model,
      prompt: Passage(
        family: family, familyTokens: familyTokens, conversation: conversation ?? id,
        tokens: tokens), answer: answer, random: Random(seed: UInt64(id)))
  }

  /// What happens until nothing does any more: "first 1 +900" with the cached tokens.
  private func events(_ node: inout Node) -> [String] {
    var told: [String] = []
    repeat {
      for event in node.takeEvents() {
        switch event {
        case .firstToken(let job, let cached): told.append("first \(job.id) +\(cached)")
        case .done(let job): told.append("done \(job.id)")
        case .failed(let job): told.append("failed \(job.id)")
        }
      }
    } while node.step()
    return told
  }

  private func check(
    _ node: inout Node, _ expected: [String], location: SourceLocation = #_sourceLocation
  ) {
    let told = events(&node)
    #expect(told == expected, sourceLocation: location)
  }

  @Test func slotsServeInOrderOfArrival() {
    var node = Node(spec(slots: 2))
    for id in 1...3 { _ = node.submit(job(id, answer: 100 * id)) }
    // The second answer is twice, the third three times as long as the first.
    let told = events(&node)
    #expect(Set(told.prefix(2)) == ["first 1 +0", "first 2 +0"])
    #expect(node.now > 4_500)
  }

  @Test func aSlotKeepsItsConversation() {
    var node = Node(spec())
    _ = node.submit(job(1, conversation: 7, tokens: 1_000, answer: 100))
    _ = events(&node)
    _ = node.submit(job(2, conversation: 7, tokens: 1_300, answer: 100))
    check(&node, ["first 2 +1100", "done 2"])
  }

  @Test func anotherConversationFindsTheSharedSystemPromptOnly() {
    var node = Node(spec())
    _ = node.submit(job(1, family: 3, familyTokens: 600))
    _ = events(&node)
    _ = node.submit(job(2, family: 3, familyTokens: 600))
    check(&node, ["first 2 +600", "done 2"])
    _ = node.submit(job(3, conversation: 1, family: 3, familyTokens: 600))
    check(&node, ["first 3 +600", "done 3"])
  }

  @Test func sharedBlocksForgetWhatWasUnusedTheLongest() {
    var node = Node(spec { $0.cache = .blocks(tokens: 2_500) })
    for id in 1...2 {
      _ = node.submit(job(id, conversation: id))
      _ = events(&node)
    }
    _ = node.submit(job(3, conversation: 1, tokens: 1_100))
    check(&node, ["first 3 +1100", "done 3"])
    _ = node.submit(job(4, conversation: 9))
    _ = events(&node)
    _ = node.submit(job(5, conversation: 2))
    check(&node, ["first 5 +0", "done 5"])
  }

  @Test func aModelWaitsForTheOneInMemory() {
    var node = Node(spec { $0.models = [0, 1] })
    _ = node.submit(job(1, model: 0))
    _ = node.submit(job(2, model: 1))
    _ = node.submit(job(3, model: 0))
    check(&node, ["first 1 +0", "done 1", "first 2 +0", "done 2", "first 3 +0", "done 3"])
    #expect(node.coldLoads == 2)
    #expect(node.now > 2 * 2_000 + 3 * 1_800)
  }

  @Test func bothModelsStayWhereThereIsRoom() {
    var node = Node(
      spec {
        $0.models = [0, 1]
        $0.memory = 2
      })
    for id in 1...4 {
      _ = node.submit(job(id, model: id % 2))
      _ = events(&node)
    }
    #expect(node.coldLoads == 1)
  }

  @Test func whatRunsWhenItDiesFails() {
    var node = Node(spec { $0.outage = NodeSpec.Span(from: 1_500, until: 5_000) })
    _ = node.submit(job(1))
    _ = node.submit(job(2))
    node.advance(to: 2_000)
    let early = node.submit(job(3))
    #expect(!early)
    check(&node, ["first 1 +0", "failed 1", "failed 2"])
    #expect(node.now == 5_000)
    let late = node.submit(job(4))
    #expect(late)
    check(&node, ["first 4 +0", "done 4"])
  }

  @Test func slownessHoldsForItsTime() {
    var fast = Node(spec())
    var slow = Node(
      spec {
        $0.slow = NodeSpec.Slowness(span: NodeSpec.Span(from: 500, until: 1_500), factor: 10)
      })
    _ = fast.submit(job(1))
    _ = slow.submit(job(1))
    _ = events(&fast)
    _ = events(&slow)
    #expect(abs(slow.now - fast.now - 900) < 0.001)
  }

  @Test func eachFurtherRequestSlowsAll() {
    var node = Node(spec(slots: 4) { $0.latency.crowding = 0.5 })
    for id in 1...3 { _ = node.submit(job(1, conversation: id)) }
    var alone = Node(spec())
    _ = alone.submit(job(1))
    _ = events(&alone)
    _ = events(&node)
    #expect(abs(node.now / alone.now - 2) < 0.001)
  }
}
