import Console
import Seeded

/// Text that somebody could send to make a terminal do something, and facts made of it.
struct Hostile {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private static let parts = [
    "\u{1B}[2J", "\u{1B}]0;title\u{07}", "\u{9B}31m", "\r", "\n", "\t", "\u{08}", "\u{0}", "\u{7F}",
    "\u{202E}", "\u{2066}", "\u{200D}", "\u{FEFF}", "\u{FE0F}", "\u{2028}", "\u{E0041}",
    "模型", "ｆｕｌｌ", "한글", "\u{1112}\u{1161}\u{11AB}", "e\u{301}\u{302}\u{303}\u{304}", "\u{301}",
    "👩‍💻", "🇩🇪", "❤️", "مرحبا", "llama3:8b", "a", " ", "…", "qwen", "\u{10FFFF}", "\u{378}", "-",
  ]

  mutating func below(_ bound: Int) -> Int { random.below(bound) }

  mutating func text(longest: Int = 12) -> String {
    (0..<random.below(longest + 1)).map { _ in random.pick(Self.parts) }.joined()
  }

  mutating func number() -> Double {
    random.pick([0, 0.001, 0.5, 1, 9.96, 99.95, 12_345, 1e9, 1e18, 1e300, -1, .infinity, .nan])
  }

  mutating func count() -> Int64 {
    random.pick([0, 1, 7, 99, 9_999, 10_000, 123_456, 5_000_000_000, .max, -1, .min])
  }

  mutating func facts() -> TopFacts {
    var facts = TopFacts()
    facts.version = text()
    facts.address = text()
    facts.uptimeSeconds = count()
    facts.requestsPerMinute = number()
    facts.tokensPerSecond = number()
    facts.errorShare = number()
    facts.requestsUnderWay = count()
    facts.queueDepth = count()
    facts.queueLimit = count()
    if random.isOne(in: 2) {
      var budget = TopFacts.Budget()
      budget.spent = number()
      budget.limit = number()
      budget.status = random.pick(["Normal", "SoftLimit", "HardLimit", text()])
      facts.budget = budget
    }
    facts.backends = (0..<random.below(random.pick([1, 4, 40]))).map { _ in backend() }
    facts.requests = (0..<random.below(random.pick([1, 4, 40]))).map { _ in request() }
    facts.series = (0..<random.below(100)).map { _ in number() }
    return facts
  }

  private mutating func backend() -> TopFacts.Backend {
    var backend = TopFacts.Backend()
    backend.name = text()
    backend.type = random.pick(["ollama", "vllm", "", text()])
    backend.status = random.pick(["healthy", "unhealthy", "unknown", "draining", text()])
    backend.zone = random.pick(["restricted", "open", text()])
    backend.active = count()
    backend.requests = count()
    backend.firstToken = number()
    backend.tokensPerSecond = number()
    backend.errorShare = number()
    backend.models = count()
    backend.loaded = (0..<random.below(6)).map { _ in text() }
    backend.circuit = random.pick(["closed", "half_open", "open: errors", text()])
    backend.lastError = random.isOne(in: 2) ? text(longest: 40) : nil
    backend.operation = random.isOne(in: 4) ? text(longest: 40) : nil
    return backend
  }

  private mutating func request() -> TopFacts.Request {
    var request = TopFacts.Request()
    request.model = text(longest: 60)
    request.backend = random.isOne(in: 2) ? text() : nil
    request.phase = random.pick(["queued", "streaming", "waiting", "loading", text()])
    request.age = number()
    request.tokensPerSecond = number()
    request.retries = Int64(random.below(5))
    return request
  }

  mutating func item(worker: Int = 0, number: Int64 = 1) -> HistoryItem? {
    Entry(
      worker: worker, number: number, time: random.pick([0, 1_795_548_911, .max, .min]),
      model: text(longest: 60), requested: text(longest: 60),
      backend: random.isOne(in: 2) ? text() : nil,
      status: random.pick([200, 404, 499, 503, 0, 12_345]), error: text(longest: 40),
      duration: Double(random.below(1_000_000)),
      attempts: (0..<random.below(4)).map { _ in text() },
      cost: random.isOne(in: 3) ? 0.0123 : nil
    ).item
  }
}
