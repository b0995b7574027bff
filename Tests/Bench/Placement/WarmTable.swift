import Fleet
import Routing

/// Where beginnings of prompts were computed last: what the gateway remembers of its requests, here
/// without any bound.
final class ExactWarmTable {
  private let nodes: Int
  // Keys: model and conversation, model and family. Values: tokens by node.
  private var conversations: [[Int]: [Int]] = [:]
  private var families: [[Int]: [Int]] = [:]

  init(nodes: Int) { self.nodes = nodes }

  func record(_ call: Call, tokens: Int, on node: Int) {
    let empty = [Int](repeating: 0, count: nodes)
    conversations[[call.model, call.conversation], default: empty][node] = tokens
    guard call.prompt.family >= 0 else { return }
    families[[call.model, call.prompt.family], default: empty][node] = call.prompt.familyTokens
  }

  /// Tokens of the prompt that are thought to be in a cache, by node.
  func tokens(_ call: Call) -> [Int] {
    var tokens = families[[call.model, call.prompt.family]] ?? Array(repeating: 0, count: nodes)
    guard let own = conversations[[call.model, call.conversation]] else { return tokens }
    for node in tokens.indices {
      tokens[node] = max(tokens[node], min(own[node], call.prompt.tokens))
    }
    return tokens
  }

  func places(_ call: Call, _ desk: Desk) -> WarmPlaces {
    var places = WarmPlaces()
    let tokens = tokens(call)
    let order = tokens.indices.sorted { (-tokens[$0], $0) < (-tokens[$1], $1) }
    for node in order where tokens[node] > 0 {
      places.add(.init(backend: desk.backend(node).key, bytes: call.bytes(tokens[node])))
    }
    return places
  }

  /// The longest beginning that any node has computed.
  func longest(_ call: Call) -> Int { tokens(call).max() ?? 0 }
}
