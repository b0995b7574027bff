/// What nodes have computed, as it really was: by this the hits are measured. No strategy sees it.
final class Computed {
  private let nodes: Int
  // Keys: model and conversation, model and family. Values: tokens by node.
  private var conversations: [[Int]: [Int]] = [:]
  private var families: [[Int]: [Int]] = [:]

  init(nodes: Int) { self.nodes = nodes }

  func note(_ call: Call, tokens: Int, on node: Int) {
    let empty = [Int](repeating: 0, count: nodes)
    conversations[[call.model, call.conversation], default: empty][node] = tokens
    guard call.prompt.family >= 0 else { return }
    families[[call.model, call.prompt.family], default: empty][node] = call.prompt.familyTokens
  }

  /// Tokens of the prompt that each node has computed once.
  func tokens(_ call: Call) -> [Int] {
    var tokens = families[[call.model, call.prompt.family]] ?? Array(repeating: 0, count: nodes)
    guard let own = conversations[[call.model, call.conversation]] else { return tokens }
    for node in tokens.indices {
      tokens[node] = max(tokens[node], min(own[node], call.prompt.tokens))
    }
    return tokens
  }

  /// The longest beginning that any node has computed.
  func longest(_ call: Call) -> Int { tokens(call).max() ?? 0 }
}
