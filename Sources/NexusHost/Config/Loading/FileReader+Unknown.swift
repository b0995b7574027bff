import Text

extension FileReader {
  /// Says that nobody knows a key. In a policy that is an error, since a policy that is not
  /// understood protects nothing; so it is in what is trusted; so is a secret.
  /// Gives the name that was probably meant, if one is near.
  mutating func reportUnknown(
    _ path: String, _ entry: TOMLEntry, in section: String
  ) -> [String] {
    if isSecret(entry, in: section) {
      loaded.report(
        .error, path: path, entry.node.place,
        "'\(path)': a key does not belong in this file. Put it into an environment variable and"
          + " name that, api_key_env = \"MY_KEY\", or into a file and name that, api_key_file.",
        isSecret: true)
      return []
    }
    let what = entry.node.value.isTable ? "section" : "key"
    let (hint, candidate) = suggestion(entry.key, what, in: section)
    let isSafety =
      ["routing.policies[]", "routing.budget", "discovery.trust[]"].contains(section)
      || ["policies", "budget", "trust"].contains(candidate)
    report(
      isSafety ? .error : .warning, path, entry.keyPlace,
      "There is no \(what) '\(path)'\(isSafety ? "" : "; it is ignored").\(hint)")
    return candidate.map { [$0] } ?? []
  }

  private func isSecret(_ entry: TOMLEntry, in section: String) -> Bool {
    guard case .string(let text) = entry.node.value else { return false }
    return section == "backends[]" && SecretText.isName(entry.key)
      || SecretText.isKnown(text)
  }

  /// What was probably meant: a name of the same section, or the place where the key belongs.
  private func suggestion(
    _ key: String, _ what: String, in section: String
  ) -> (hint: String, candidate: String?) {
    // Nothing is to go unprotected for the way in which somebody says it.
    if key.lowercased().contains("polic") {
      return (" Did you mean [[routing.policies]]?", "policies")
    }
    let names = Self.names(in: section)
    if let near = Suggestion.nearest(to: key, among: names) {
      return (" Did you mean '\(near)'?", near)
    }
    let homes = SettingsTable.keys.filter { $0.name == key }.map(\.section)
    if what == "key", let home = homes.first {
      let header = home.hasSuffix("[]") ? "[[\(home.dropLast(2))]]" : "[\(home)]"
      return (" It belongs under \(header).", nil)
    }
    let nested = SettingsTable.sections.map(\.plainPath).first { $0.hasSuffix(".\(key)") }
    if let nested { return (" Did you mean '\(nested)'?", nested.lastName) }
    return ("", nil)
  }

  /// Keys and sections that may stand in a section.
  private static func names(in section: String) -> [String] {
    let prefix = section.isEmpty ? "" : "\(section)."
    let all = SettingsTable.keys.map(\.path) + SettingsTable.sections.map(\.plainPath)
    var names: [String] = []
    for path in all where path.hasPrefix(prefix) {
      let rest = path.dropFirst(prefix.count).prefix { $0 != "." && $0 != "[" }
      if !rest.isEmpty, !names.contains(String(rest)) { names.append(String(rest)) }
    }
    return names
  }
}

extension SettingSection {
  /// The path without "[]".
  fileprivate var plainPath: String { isArray ? String(path.dropLast(2)) : path }
}

extension String {
  fileprivate var lastName: String { split(separator: ".").last.map(String.init) ?? self }
}

extension TOMLValue {
  fileprivate var isTable: Bool {
    switch self {
    case .table: true
    case .array(let nodes): nodes.first?.value.isTable == true
    default: false
    }
  }
}
