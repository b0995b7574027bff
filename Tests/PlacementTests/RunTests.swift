import Drivers
import FakeDriver
import Fleet
import LatencyModels
import Routing
import Testing

@testable import placement_bench

/// Whole runs: nothing is lost, nothing depends on chance, and the oracle is one.
struct RunTests {
  private func played(_ trace: Trace, _ strategy: String) throws -> Run {
    let bench = Bench(driver: try Driver.fake())
    let run = try #require(bench.run(trace, strategy))
    run.play()
    return run
  }

  private static let names = ["two-models-one-gpu", "bursts", "dying-node", "mixed"]

  /// A trace of the benchmark; of those with long sessions and bursts the first minutes.
  private func trace(_ name: String) throws -> Trace {
    let whole = try #require(Traces.all.first { $0.name == name }).make(3)
    let end = ["mixed": 90_000.0, "agents": 60_000, "bursts": 200_000][name] ?? .infinity
    return Trace(
      name, "", nodes: whole.nodes, scripts: whole.scripts.filter { $0.start < end }, seed: 3)
  }

  @Test(
    "every request is answered once, or fails once",
    arguments: names, ["smart", "p2c-ewma", "oracle"])
  func conservation(name: String, strategy: String) throws {
    let trace = try trace(name)
    let run = try played(trace, strategy)
    #expect(run.calls.count == trace.scripts.reduce(0) { $0 + $1.steps.count })
    for call in run.calls {
      #expect(call.answers + (call.hasFailed ? 1 : 0) == 1)
      #expect(call.answers == 0 || call.firstToken != nil)
      #expect(call.cached <= call.prompt.tokens)
    }
    for node in trace.nodes.indices { #expect(run.desk.backend(node).load.inFlight == 0) }
    let failed = run.calls.count { $0.hasFailed }
    if name != "dying-node", name != "mixed" { #expect(failed == 0) }
  }

  @Test("the same seed gives the same run", arguments: ["bursts", "mixed"])
  func determinism(name: String) throws {
    let first = try played(try trace(name), "smart")
    let second = try played(try trace(name), "smart")
    #expect(first.calls.map(\.firstToken) == second.calls.map(\.firstToken))
    #expect(first.calls.map(\.cached) == second.calls.map(\.cached))
  }

  @Test("the oracle is no worse than chance", arguments: names)
  func oracle(name: String) throws {
    var oracle = Tally("oracle")
    oracle.add(try played(try trace(name), "oracle"))
    var random = Tally("random")
    random.add(try played(try trace(name), "random"))
    #expect(oracle.mean <= random.mean * 1.02)
    #expect(oracle.p99 <= random.p99 * 1.02)
  }

  @Test("what the oracle foresees comes true where nobody slows anybody down")
  func foresight() throws {
    let nodes = [
      NodeSpec("a", base: 20, prompt: 0.3, rate: 60, slots: 2, load: 5, crowding: 0),
      NodeSpec("b", base: 50, prompt: 1, rate: 30, slots: 1, load: 5, crowding: 0),
    ]
    let scripts = try trace("bursts").scripts.prefix(300)
    let trace = Trace("foresight", "", nodes: nodes, scripts: Array(scripts), seed: 5)
    let bench = Bench(driver: try Driver.fake())
    let run = try #require(bench.run(trace, "oracle"))
    var foreseen: [Double] = []
    run.onDecision = { _, call, _, run in
      foreseen.append(Oracle.times(call, run).min() ?? .infinity)
    }
    run.play()
    for (call, time) in zip(run.calls, foreseen) {
      #expect(abs((call.firstToken ?? .infinity) - time) < 0.001)
    }
  }

  @Test("one session at one node finds all of its past in the cache")
  func cacheHits() throws {
    let node = NodeSpec("node", base: 10, prompt: 1, rate: 50, slots: 1, load: 5)
    let steps = (0..<40).map { _ in Script.Step(added: 200, answer: 50, pause: 500) }
    let script = Script(start: 0, family: 0, familyTokens: 1_000, steps: steps)
    let run = try played(Trace("one", "", nodes: [node], scripts: [script], seed: 1), "smart")
    var tally = Tally("smart")
    tally.add(run)
    #expect(tally.hits == 1)
    #expect(run.calls.dropFirst().allSatisfy { $0.reusable == $0.prompt.tokens - 200 })
  }

  @Test("the gateway remembers where a session was")
  func affinity() throws {
    let bench = Bench(driver: try Driver.fake())
    let run = try #require(bench.run(try trace("agents"), "session-sticky"))
    var homes: [Int: Int] = [:]
    var remembered = 0
    var known = 0
    run.onDecision = { _, call, choices, run in
      let home = choices[0].node
      if homes[call.conversation] == home {
        known += 1
        let warm = run.desk.warmPlaces(call, now: run.now)
        let best = warm.bytes(at: run.desk.backend(home).key)
        if best * 10 > call.bytes * 8 { remembered += 1 }
      }
      homes[call.conversation] = home
    }
    run.play()
    #expect(known > 100)
    #expect(remembered * 10 > known * 8)
  }
}
