import Routing
import Text

/// The prefix chains of conversations, as the gateway would find them in the requests' bytes.
struct Chains {
  private struct Growing {
    var chain = PrefixChain()
    var messages = 0
    var tokens = 0
  }

  private var growing: [Int: Growing] = [:]
  private var body: [UInt8] = []
  private let hasher: ByteHash

  init(seed: UInt64) { hasher = ByteHash(seed: seed) }

  /// The chain of a request. Those of a conversation must come in their order.
  mutating func chain(of call: Call) -> PrefixChain {
    var one = growing[call.conversation] ?? Growing()
    for (number, end) in call.cuts.enumerated().dropFirst(one.messages) {
      let isShared = number == 0 && call.prompt.familyTokens > 0
      append(
        text: isShared ? ~call.prompt.family : call.conversation, number,
        bytes: call.textBytes(end - one.tokens), to: &one.chain)
      one.tokens = end
    }
    one.messages = call.cuts.count
    growing[call.conversation] = one
    one.chain.finish()
    return one.chain
  }

  /// A message differs from all others in its first bytes.
  private mutating func append(
    text: Int, _ number: Int, bytes: Int, to chain: inout PrefixChain
  ) {
    if body.count < max(16, bytes) { body += Array(repeating: 32, count: bytes + 16) }
    for byte in 0..<8 {
      body[byte] = UInt8(truncatingIfNeeded: text >> (8 * byte))
      body[byte + 8] = UInt8(truncatingIfNeeded: number >> (8 * byte))
    }
    chain.append(body.span, 0..<max(16, bytes), hasher)
  }
}
