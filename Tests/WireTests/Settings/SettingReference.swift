import Foundation

/// The keys of the configuration as docs/CONFIGURATION.md, which is written from the table of keys,
/// names them.
enum SettingReference {
  struct Key {
    /// "server.port", "backends[].url".
    let path: String
    let meaning: String

    var isLive: Bool { !meaning.contains("A change needs a restart.") }
    /// The long option of `nexus serve` that sets it too.
    var option: String? { word(after: "Also by option `") }
    /// The environment variable that sets it too.
    var variable: String? { word(after: "variable `") }

    private func word(after mark: String) -> String? {
      guard let also = meaning.range(of: "Also by "),
        let start = meaning[also.lowerBound...].range(of: mark)
      else { return nil }
      return String(meaning[start.upperBound...].prefix { $0 != "`" })
    }
  }

  static let keys: [Key] = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("docs/CONFIGURATION.md").path
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    var keys: [Key] = []
    var section = ""
    for line in text.split(separator: "\n") {
      if let heading = line.wholeMatch(of: /## `\[(\[?)([a-z_.]+)\]+`/) {
        section = heading.2 + (heading.1.isEmpty ? "" : "[]")
      } else if let row = line.wholeMatch(of: /\| `([a-z_]+)` \|.*\| (.*) \|/), !section.isEmpty {
        keys.append(Key(path: "\(section).\(row.1)", meaning: String(row.2)))
      }
    }
    return keys
  }()

  /// Paths of those that change without a restart.
  static let live = Set(keys.filter(\.isLive).map(\.path))
}
