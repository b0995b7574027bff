/// The prompts that a server has in its cache, so that what a prompt has in common with one of them
/// need not be computed again: those that were used last.
struct PromptMemory {
  private let limit: Int
  /// Texts of messages; the one used last at the end.
  private var kept: [[String]] = []
  /// Messages that were found, of all prompts so far.
  private(set) var found = 0

  /// Keeps `limit` prompts; 0 computes every prompt anew.
  init(limit: Int) { self.limit = limit }

  /// Takes a prompt in. Returns with how many of its messages one that is kept begins.
  mutating func take(_ prompt: [String]) -> Int {
    guard limit > 0 else { return 0 }
    let shared = kept.map { zip($0, prompt).prefix { $0 == $1 }.count }
    let best = shared.max() ?? 0
    // A conversation that goes on takes the place of its beginning.
    if let place = kept.firstIndex(where: { prompt.starts(with: $0) }) {
      kept.remove(at: place)
    } else if kept.count == limit {
      kept.removeFirst()
    }
    kept.append(prompt)
    found += best
    return best
  }
}
