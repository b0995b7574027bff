import LatencyModels

/// One model of a backend. What it can do is read from its name, as people do.
final class SimModel {
  enum State { case cold, loading, loaded }

  let id: String
  let context: Int
  var state: State
  /// Where a server gives loaded models names of their own (LM Studio, exo).
  var instances: [String] = []
  var waiters: [() -> Void] = []
  var loadedAt = 0
  /// When the load under way began, and how long it takes, in milliseconds.
  var loading: (since: Double, takes: Double)?
  /// Whether the last load failed.
  var hasFailed = false
  /// Whether it was said to be in memory without being there.
  var isClaimed = false
  /// Whether the server's events tell nothing of its load.
  var isUnheard = false
  /// Answers that use it or wait for it.
  var users = 0
  /// Its size in bytes, if the command line has one.
  var givenSize: Int?
  /// What its server says of its size instead of the truth.
  var lie: MemoryLie?

  init(_ id: String, context: Int, state: State = .loaded) {
    self.id = id
    self.context = context
    self.state = state
  }

  private func isNamed(_ words: [String]) -> Bool {
    let name = id.lowercased()
    return words.contains { name.contains($0) }
  }

  var isEmbedding: Bool { isNamed(["embed"]) }
  var thinks: Bool { !isEmbedding && isNamed(["think", "qwen3", "-r1", "gpt-oss", "reason"]) }
  var sees: Bool { !isEmbedding && isNamed(["-vl", "vision", "gemma3", "gemma-3-4b", "llava"]) }
  var callsTools: Bool { !isEmbedding && !isNamed(["base", "270m"]) }
  /// LoRA adapters of vLLM, written as `base+adapter` on the command line.
  var parent: String?

  /// How much of it is in memory while it is being loaded, 0 to 1.
  func progress(at now: Double) -> Double {
    guard let loading, loading.takes > 0 else { return 0 }
    return max(0, min((now - loading.since) / loading.takes, 1))
  }

  var size: Int { givenSize ?? 500_000_000 + Int(Random.hash(id.utf8) % 9_000_000_000) }
  var digest: String {
    var random = Random(seed: Random.hash(id.utf8))
    return random.hex(64)
  }
}
