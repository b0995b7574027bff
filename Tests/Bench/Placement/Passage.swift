/// A prompt, or what a cache holds: whose words it begins with and how far it goes. Conversations
/// only grow, so that two passages of one are alike as far as the shorter goes.
struct Passage: Equatable {
  /// Whose system prompt it begins with; -1 for none that others share.
  var family = -1
  /// Tokens of that system prompt.
  var familyTokens = 0
  /// Unique in a trace.
  var conversation: Int
  /// All of it.
  var tokens: Int

  /// Tokens from the beginning on that are the same.
  func shared(with other: Passage) -> Int {
    if conversation == other.conversation { return min(tokens, other.tokens) }
    guard family >= 0, family == other.family else { return 0 }
    return min(familyTokens, tokens, other.tokens)
  }
}
