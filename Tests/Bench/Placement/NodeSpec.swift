import LatencyModels

/// A server as the benchmark imitates it.
struct NodeSpec {
  /// Which parts of prompts are not computed again.
  enum Cache: Equatable {
    /// Each slot keeps what it computed last (llama.cpp, Ollama).
    case slots
    /// All requests share the blocks of so many tokens; the longest unused go first (vLLM).
    case blocks(tokens: Int)
    case none
  }

  /// What it tells when it is asked how it is.
  enum Candour {
    /// Which models are in memory (Ollama).
    case residency
    /// That, its slots, and what runs and waits (llama.cpp).
    case slots
    /// That, and what runs and waits (vLLM).
    case load
  }

  /// A span of time in milliseconds.
  struct Span {
    let from: Double
    let until: Double

    func contains(_ time: Double) -> Bool { from <= time && time < until }
  }

  /// A span of time in which everything takes so many times as long.
  struct Slowness {
    let span: Span
    let factor: Double
  }

  let name: String
  var latency = LatencyModel()
  var cache = Cache.slots
  var candour = Candour.slots
  /// Which models it has.
  var models = [0]
  /// How many are in memory at once.
  var memory = 1
  /// Those in memory when it starts.
  var preloaded = [0]
  var slow: Slowness?
  /// When it is gone.
  var outage: Span?

  /// `prompt`: milliseconds per token; `rate`: tokens per second of one stream; `load`: seconds.
  init(
    _ name: String, base: Double, prompt: Double, rate: Double, slots: Int, load: Double,
    crowding: Double = 0.1
  ) {
    self.name = name
    latency.firstToken = base
    latency.promptToken = prompt * 1_000
    latency.tokensPerSecond = rate
    latency.slots = slots
    latency.load = load * 1_000
    latency.crowding = crowding
  }
}
