import Drivers
import FakeDriver
import Glibc
import LatencyModels
import Testing

@testable import placement_bench

/// The simulated server against what queueing theory says of it.
struct QueueTheoryTests {
  /// One node that only generates: tokens take 10 ms each, and nothing slows anything down.
  private func node(slots: Int) -> NodeSpec {
    var node = NodeSpec("node", base: 0, prompt: 0, rate: 100, slots: slots, load: 0, crowding: 0)
    node.cache = .none
    return node
  }

  /// Poisson arrivals, so many a second, with answers of exponential length.
  private func scripts(_ count: Int, rate: Double, meanTokens: Double, seed: UInt64) -> [Script] {
    var random = Random(seed: seed)
    var time = 0.0
    return (0..<count).map { _ in
      time += random.exponential(mean: 1_000 / rate)
      let answer = 1 + Int(random.exponential(mean: meanTokens).rounded())
      return Script(start: time, steps: [Script.Step(added: 1, answer: answer)])
    }
  }

  /// Mean wait in milliseconds, and the mean and mean square of the service times.
  private func play(slots: Int, rate: Double) throws -> (wait: Double, s: Double, s2: Double) {
    let scripts = scripts(15_000, rate: rate, meanTokens: 100, seed: 42)
    let trace = Trace("theory", "", nodes: [node(slots: slots)], scripts: scripts, seed: 42)
    let bench = Bench(driver: try Driver.fake())
    let run = try #require(bench.run(trace, "round_robin"))
    run.play()
    let waits = run.calls.compactMap(\.firstToken)
    #expect(waits.count == scripts.count)
    let services = scripts.map { Double($0.steps[0].answer - 1) * 10 }
    // Each is drawn up to a tenth longer or shorter, evenly.
    let spread = 1 + 0.2 * 0.2 / 12
    let count = Double(scripts.count)
    return (
      waits.reduce(0, +) / count, services.reduce(0, +) / count,
      services.reduce(0) { $0 + $1 * $1 } / count * spread
    )
  }

  @Test("one slot: the wait of Pollaczek and Khinchine", arguments: [0.4, 0.6])
  func oneSlot(load: Double) throws {
    let (wait, s, s2) = try play(slots: 1, rate: load)
    let rate = load / 1_000
    let expected = rate * s2 / (2 * (1 - rate * s))
    #expect(abs(wait / expected - 1) < 0.15, "\(wait) ms instead of \(expected)")
  }

  @Test("several slots: the wait of Erlang", arguments: [(2, 0.6), (4, 0.7)])
  func severalSlots(slots: Int, load: Double) throws {
    let (wait, s, _) = try play(slots: slots, rate: load * Double(slots))
    let offered = load * Double(slots) / 1_000 * s
    var term = 1.0
    var sum = 1.0
    for k in 1..<slots {
      term *= offered / Double(k)
      sum += term
    }
    let last = term * offered / Double(slots) / (1 - offered / Double(slots))
    let expected = last / (sum + last) * s / (Double(slots) - offered)
    // Waits depend on each other, so that the mean of these many still errs by some 7 %.
    #expect(abs(wait / expected - 1) < 0.2, "\(wait) ms instead of \(expected)")
  }

  @Test("each single wait: the recursion of Kiefer and Wolfowitz", arguments: [1, 2, 4])
  func everyWait(slots: Int) throws {
    let scripts = scripts(2_000, rate: 0.8 * Double(slots), meanTokens: 100, seed: 7)
    let node = node(slots: slots)
    let trace = Trace("theory", "", nodes: [node], scripts: scripts, seed: 7)
    let bench = Bench(driver: try Driver.fake())
    let run = try #require(bench.run(trace, "round_robin"))
    run.play()
    var free = [Double](repeating: 0, count: slots)
    for call in run.calls {
      var random = call.job(id: 0).random
      _ = node.latency.firstToken(prompt: 0, &random)
      let service = node.latency.interval(&random) * Double(call.answer - 1)
      let start = max(call.arrival, free[0])
      #expect(abs((call.firstToken ?? .infinity) - (start - call.arrival)) < 0.001)
      free[0] = start + service
      free.sort()
    }
  }
}
