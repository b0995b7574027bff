/// What one client asks for: a conversation of one or more requests, each sent some time after the
/// answer to the one before.
struct Script {
  /// One request. Tokens.
  struct Step {
    /// What it adds to what was said so far.
    var added: Int
    /// Length of its answer.
    var answer: Int
    /// Milliseconds between the answer before and this request.
    var pause = 0.0
  }

  /// When the first request comes, in milliseconds.
  var start: Double
  /// Which model it is for.
  var model = 0
  /// System prompt that conversations share, or -1.
  var family = -1
  var familyTokens = 0
  var steps: [Step]
}

/// A fleet and what is asked of it.
struct Trace {
  let name: String
  /// What it is, for people.
  let summary: String
  let nodes: [NodeSpec]
  /// Sorted by their start; a script's place is its conversation.
  let scripts: [Script]
  let seed: UInt64

  init(
    _ name: String, _ summary: String, nodes: [NodeSpec], scripts: [Script], seed: UInt64
  ) {
    self.name = name
    self.summary = summary
    self.nodes = nodes
    self.seed = seed
    let order = scripts.indices.sorted { (scripts[$0].start, $0) < (scripts[$1].start, $1) }
    self.scripts = order.map { scripts[$0] }
  }
}
