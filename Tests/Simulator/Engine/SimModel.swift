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
  /// Answers that use it or wait for it.
  var users = 0

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

  var size: Int { 500_000_000 + Int(Random.hash(id.utf8) % 9_000_000_000) }
  var digest: String {
    var random = Random(seed: Random.hash(id.utf8))
    return random.hex(64)
  }
}
