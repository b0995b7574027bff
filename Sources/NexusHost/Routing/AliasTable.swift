import Config
import Text

/// Names that mean other models.
struct AliasTable: Sendable {
  /// Longest chain of aliases that is followed.
  static let maxHops = 3

  private struct Pattern: Sendable {
    let pattern: NamePattern
    let target: String
  }

  private var exact: [String: String] = [:]
  /// Those with the longest literal beginning first.
  private var patterns: [Pattern] = []

  init(_ aliases: [String: String]) {
    for (name, target) in aliases {
      let pattern = NamePattern(name)
      if pattern.isLiteral {
        exact[name] = target
      } else {
        patterns.append(Pattern(pattern: pattern, target: target))
      }
    }
    patterns.sort {
      ($1.pattern.literalPrefix, $0.pattern.text) < ($0.pattern.literalPrefix, $1.pattern.text)
    }
  }

  var isEmpty: Bool { exact.isEmpty && patterns.isEmpty }

  /// The names that `name` stands for, one hop after the other; the last is the one to use. A name
  /// that a backend lists is never replaced: what is there needs no stand-in.
  func hops(from name: String, isListed: (String) -> Bool) -> [String] {
    var hops: [String] = []
    var current = name
    while hops.count < Self.maxHops, !isListed(current), let next = target(of: current) {
      guard next != name, !hops.contains(next) else { break }
      hops.append(next)
      current = next
    }
    return hops
  }

  private func target(of name: String) -> String? {
    exact[name] ?? patterns.first { $0.pattern.matches(name) }?.target
  }
}
