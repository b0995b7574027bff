import Routing
import Text

/// Times how conversations are found again.
enum ConversationBench {
  static func run() {
    let hasher = ByteHash(seed: 1)
    let prompt = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let parts = stride(from: 0, to: prompt.count, by: prompt.count / 300).map {
      $0..<min($0 + prompt.count / 300, prompt.count)
    }
    var chain = PrefixChain()
    let hashed = best(of: 50) {
      chain.removeAll()
      for part in parts { chain.append(prompt.span, part, hasher) }
      chain.finish()
    }
    let gigabytes = Double(prompt.count) / Double(hashed)
    let rate = (gigabytes * 10).rounded() / 10
    print("\(hashed) ns  chain of a 1 MiB prompt with \(parts.count) messages: \(rate) GB/s")
    let small = Array(
      #"[{"role":"system","content":"You are helpful."},{"role":"user","content":"Hello"}]"#.utf8)
    let short = best(of: 1_000) {
      chain.removeAll()
      chain.append(small.span, 1..<48, hasher)
      chain.append(small.span, 48..<small.count, hasher)
      chain.finish()
    }
    print("\(short) ns  chain of two short messages")
    let brief = Conversation(chain: chain)
    let long = Conversation(chain: PrefixChain(prompt.span, parts: parts, hasher))

    var table = PrefixTable()
    let model = PromptCache.key(ofModel: "m")
    for number in 0..<100_000 {
      let bytes = withUnsafeBytes(of: number) { Array($0) }
      let other = Conversation(
        chain: PrefixChain(bytes.span, parts: [0..<8, 0..<4, 0..<6], hasher))
      table.record(
        other, in: PromptCache(backend: UInt64(number % 4), model: model), keeps: 1 << 20, now: 0)
    }
    print("\(table.memory / 1_024) KiB  table with \(table.count) entries")
    func find(_ name: String, _ conversation: Conversation) {
      var bytes: UInt64 = 0
      let time = best(of: 1_000) {
        bytes &+= table.places(for: conversation, of: model, now: 0).bytes(at: 1)
      }
      print("\(time) ns  look-up of \(name)\(bytes == 1 ? "!" : "")")
    }
    find("300 messages that nobody knows", long)
    find("two messages that nobody knows", brief)
    for (name, conversation) in [("300 messages", long), ("two messages", brief)] {
      let cache = PromptCache(backend: 1, model: model)
      let time = best(of: 1_000) { table.record(conversation, in: cache, keeps: 8, now: 0) }
      print("\(time) ns  record of \(name)")
      find("\(name) that are known", conversation)
    }
  }

  private static func best(of rounds: Int, _ body: () -> Void) -> UInt64 {
    var best = UInt64.max
    for _ in 0..<rounds {
      let start = nanoseconds()
      body()
      best = min(best, nanoseconds() - start)
    }
    return best
  }
}
