/// What is wrong with a command line: what, where and how to mend it.
public struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// Finds the word that somebody probably meant.
public enum Suggestion {
  /// " Did you mean 'x'?" for the nearest of `words`, or nothing if none is near.
  public static func hint(for word: String, among words: [String]) -> String {
    nearest(to: word, among: words).map { " Did you mean '\($0)'?" } ?? ""
  }

  /// The nearest of `words`, or nil if none is near.
  static func nearest(to word: String, among words: [String]) -> String? {
    // Nobody means a word with more letters than that.
    guard word.utf8.count <= 64 else { return nil }
    let near = words.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
    guard let (match, steps) = near, steps <= max(1, word.count / 3) else { return nil }
    return match
  }

  /// Letters to add, drop, change or swap to make one word the other.
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    var before: [Int] = []
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var next = [i + 1]
      for (j, other) in right.enumerated() {
        var steps = min(next[j], row[j + 1]) + 1
        steps = min(steps, row[j] + (letter == other ? 0 : 1))
        if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
          steps = min(steps, before[j - 1] + 1)
        }
        next.append(steps)
      }
      before = row
      row = next
    }
    return row[right.count]
  }
}
