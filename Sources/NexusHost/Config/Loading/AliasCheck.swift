import Text

/// Follows aliases to their ends: none may lead back to where it was, or go on for ever.
struct AliasCheck {
  /// Longest chain that is followed.
  static let longest = 3

  private let aliases: [String: String]
  private let patterns: [(glob: Glob, target: String)]

  /// Adds what is wrong with the aliases to what was loaded.
  static func run(_ loaded: inout Loaded) {
    let aliases = loaded.settings.routing.aliases
    var patterns: [(glob: Glob, target: String)] = []
    for name in aliases.keys.sorted() where isPattern(name) {
      do {
        patterns.append((try Glob(name), aliases[name] ?? ""))
      } catch {
        let path = Self.path(name)
        loaded.report(
          .error, at: path,
          "Invalid value for '\(path)': Invalid glob pattern: \(error.message)")
      }
    }
    let check = AliasCheck(aliases: aliases, patterns: patterns)
    var told: Set<String> = []
    for name in aliases.keys.sorted() where !told.contains(name) {
      guard let fault = check.fault(of: name, &told) else { continue }
      loaded.report(.error, at: Self.path(name), fault)
    }
  }

  private static func path(_ name: String) -> String {
    "routing.aliases.\(SettingValue.key(name))"
  }

  private static func isPattern(_ name: String) -> Bool {
    name.utf8.contains { "*?[{\\".utf8.contains($0) }
  }

  /// What is wrong with the chain that begins with an alias. The members of a circle are added to
  /// `told`, so that it is told once.
  private func fault(of start: String, _ told: inout Set<String>) -> String? {
    var seen = [start]
    var current = start
    while let next = target(of: current) {
      // A pattern may match what it stands for: that is where the chain ends.
      if next == current, aliases[current] == nil { return nil }
      if seen.contains(next) {
        told.formUnion(seen)
        return "Circular alias detected: '\(start)' eventually points back to '\(next)'."
      }
      seen.append(next)
      current = next
      guard seen.count <= Self.longest + 1 else {
        let way = seen.map { "'\($0)'" }.joined(separator: " → ")
        return "The alias '\(start)' takes more than \(Self.longest) steps: \(way);"
          + " let it point nearer to the model."
      }
    }
    return nil
  }

  private func target(of name: String) -> String? {
    aliases[name] ?? patterns.first { $0.glob.matches(name) }?.target
  }
}
