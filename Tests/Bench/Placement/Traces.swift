import LatencyModels

/// The traces, made from a seed. Their shapes are those of recorded traffic, as far as it was
/// published or seen; their rates take 60 to 80 % of what the fleet can do, so that waiting matters.
enum Traces {
  static let all: [(name: String, make: @Sendable (UInt64) -> Trace)] = [
    ("single-turns", singleTurns), ("agents", agents), ("two-models-one-gpu", twoModels),
    ("bursts", bursts), ("slow-node", slowNode), ("dying-node", dyingNode), ("mixed", mixed),
  ]

  private static let minute = 60_000.0

  // MARK: Fleets

  /// A rack server with vLLM, a gaming machine with llama.cpp, a laptop and a mini computer with
  /// Ollama: the spread of speeds that a house or a lab has.
  private static let house: [NodeSpec] = {
    var rack = NodeSpec(
      "rack", base: 30, prompt: 0.05, rate: 90, slots: 6, load: 30, crowding: 0.06)
    rack.cache = .blocks(tokens: 400_000)
    rack.candour = .load
    let tower = NodeSpec("tower", base: 40, prompt: 0.12, rate: 80, slots: 4, load: 6)
    var laptop = NodeSpec("laptop", base: 80, prompt: 0.5, rate: 40, slots: 2, load: 9)
    laptop.candour = .residency
    var mini = NodeSpec("mini", base: 150, prompt: 1.6, rate: 22, slots: 1, load: 15)
    mini.candour = .residency
    return [rack, tower, laptop, mini]
  }()

  private static func house(
    _ change: (inout NodeSpec) -> Void, to name: String
  ) -> [NodeSpec] {
    var nodes = house
    for index in nodes.indices where nodes[index].name == name { change(&nodes[index]) }
    return nodes
  }

  // MARK: What is asked

  /// Chat logs: short prompts with a long tail, answers of a paragraph or two (LMSYS-Chat-1M has a
  /// mean of 70 tokens asked and 215 answered; the Azure trace of 2023 a median of 1,000 and 130).
  private static func turn(_ random: inout Random) -> Script.Step {
    Script.Step(
      added: tokens(&random, median: 220, sigma: 1.2, within: 8...12_000),
      answer: tokens(&random, median: 160, sigma: 0.8, within: 4...1_500))
  }

  private static func tokens(
    _ random: inout Random, median: Double, sigma: Double, within range: ClosedRange<Double>
  ) -> Int {
    let drawn = random.logNormal(median: median, sigma: sigma)
    return Int(min(max(drawn, range.lowerBound), range.upperBound))
  }

  /// Requests of one turn, so many a second, as independent clients send them.
  private static func poisson(
    _ random: inout Random, rate: Double, from: Double = 0, until: Double, model: Int = 0
  ) -> [Script] {
    var scripts: [Script] = []
    var time = from + random.exponential(mean: 1_000 / rate)
    while time < until {
      scripts.append(Script(start: time, model: model, steps: [turn(&random)]))
      time += random.exponential(mean: 1_000 / rate)
    }
    return scripts
  }

  /// A coding agent: 50 to 150 calls, each of which adds the answer before and what a tool said to
  /// the prompt, behind a system prompt with tools that all sessions share. Most tools take a second
  /// or two; now and then a test run or a person takes a minute.
  private static func session(
    _ random: inout Random, start: Double, model: Int = 0
  ) -> Script {
    let calls = 50 + random.below(101)
    var steps: [Script.Step] = []
    for call in 0..<calls {
      var step = Script.Step(
        added: call == 0
          ? tokens(&random, median: 400, sigma: 0.8, within: 30...4_000)
          : tokens(&random, median: 160, sigma: 1.1, within: 10...3_000),
        answer: tokens(&random, median: 90, sigma: 0.7, within: 10...800))
      step.pause =
        random.fraction() < 0.04
        ? 15_000 + random.exponential(mean: 30_000)
        : random.logNormal(median: 1_200, sigma: 0.8)
      steps.append(step)
    }
    return Script(start: start, model: model, family: 0, familyTokens: 6_000, steps: steps)
  }

  /// Sessions that begin independently of each other, one every so many milliseconds.
  private static func sessions(
    _ random: inout Random, every mean: Double, until: Double, model: Int = 0
  ) -> [Script] {
    var scripts: [Script] = []
    var time = random.exponential(mean: mean / 4)
    while time < until {
      scripts.append(session(&random, start: time, model: model))
      time += random.exponential(mean: mean)
    }
    return scripts
  }

  /// Batches: 10 to 30 requests at once (a script over files, an editor that indexes), then nothing
  /// for a while.
  private static func batches(
    _ random: inout Random, every mean: Double, until: Double, model: Int = 0
  ) -> [Script] {
    var scripts: [Script] = []
    var time = random.exponential(mean: mean)
    while time < until {
      for _ in 0..<(10 + random.below(21)) {
        let delay = random.exponential(mean: 30)
        scripts.append(Script(start: time + delay, model: model, steps: [turn(&random)]))
      }
      time += 5_000 + random.exponential(mean: mean - 5_000)
    }
    return scripts
  }

  // MARK: Traces

  static func singleTurns(_ seed: UInt64) -> Trace {
    var random = Random(seed: seed)
    return Trace(
      "single-turns", "independent requests of one turn; four nodes of unequal speed",
      nodes: house, scripts: poisson(&random, rate: 2.6, until: 15 * minute), seed: seed)
  }

  static func agents(_ seed: UInt64) -> Trace {
    var random = Random(seed: seed &+ 1)
    return Trace(
      "agents", "sessions of 50 to 150 calls with growing prompts; four nodes of unequal speed",
      nodes: house, scripts: sessions(&random, every: 24_000, until: 15 * minute), seed: seed)
  }

  /// Two models, and one machine that has memory for one of them; the other has only the first.
  static func twoModels(_ seed: UInt64) -> Trace {
    var random = Random(seed: seed &+ 2)
    var desk = NodeSpec("desk", base: 50, prompt: 0.2, rate: 60, slots: 2, load: 8)
    desk.models = [0, 1]
    desk.candour = .residency
    var spare = NodeSpec("spare", base: 60, prompt: 0.3, rate: 45, slots: 2, load: 5)
    spare.candour = .residency
    let scripts =
      poisson(&random, rate: 0.2, until: 30 * minute)
      + poisson(&random, rate: 0.25, until: 30 * minute, model: 1)
    return Trace(
      "two-models-one-gpu",
      "two models, one node with room for one of them, one with the first only",
      nodes: [desk, spare], scripts: scripts, seed: seed)
  }

  static func bursts(_ seed: UInt64) -> Trace {
    var random = Random(seed: seed &+ 3)
    let scripts =
      batches(&random, every: 20_000, until: 15 * minute)
      + poisson(&random, rate: 0.5, until: 15 * minute)
    return Trace(
      "bursts", "10 to 30 requests at once every 20 s, a few between; four nodes of unequal speed",
      nodes: house, scripts: scripts, seed: seed)
  }

  static func slowNode(_ seed: UInt64) -> Trace {
    var random = Random(seed: seed &+ 4)
    let nodes = house(
      {
        $0.slow = NodeSpec.Slowness(
          span: NodeSpec.Span(from: 4 * minute, until: 9 * minute), factor: 10)
      }, to: "tower")
    return Trace(
      "slow-node", "one of four nodes takes ten times as long for five minutes",
      nodes: nodes, scripts: poisson(&random, rate: 2, until: 15 * minute), seed: seed)
  }

  static func dyingNode(_ seed: UInt64) -> Trace {
    var random = Random(seed: seed &+ 5)
    let nodes = house(
      { $0.outage = NodeSpec.Span(from: 5 * minute, until: 8 * minute) }, to: "tower")
    return Trace(
      "dying-node", "one of four nodes is gone for three minutes",
      nodes: nodes, scripts: poisson(&random, rate: 2, until: 15 * minute), seed: seed)
  }

  static func mixed(_ seed: UInt64) -> Trace {
    var random = Random(seed: seed &+ 6)
    var nodes = house
    var desk = NodeSpec("desk", base: 50, prompt: 0.2, rate: 60, slots: 2, load: 8)
    desk.models = [0, 1]
    desk.candour = .residency
    var den = NodeSpec("den", base: 50, prompt: 0.15, rate: 70, slots: 4, load: 6)
    den.models = [1]
    den.preloaded = [1]
    nodes += [desk, den]
    for index in nodes.indices {
      if nodes[index].name == "tower" {
        nodes[index].slow = NodeSpec.Slowness(
          span: NodeSpec.Span(from: 5 * minute, until: 8 * minute), factor: 10)
      }
      if nodes[index].name == "laptop" {
        nodes[index].outage = NodeSpec.Span(from: 10 * minute, until: 12 * minute)
      }
    }
    let until = 15 * minute
    let scripts =
      poisson(&random, rate: 1, until: until)
      + poisson(&random, rate: 0.8, until: until, model: 1)
      + sessions(&random, every: 60_000, until: until)
      + batches(&random, every: 60_000, until: until)
    return Trace(
      "mixed", "all of this together: two models, agents, bursts, a slow node and a dying one",
      nodes: nodes, scripts: scripts, seed: seed)
  }
}
