import HTTP
import Text

/// Reads a configuration file against the table of keys. Goes on behind mistakes, so that all of
/// them are told at once.
struct FileReader {
  let file: ConfigurationFile
  var loaded: Loaded

  init(_ file: ConfigurationFile) {
    self.file = file
    loaded = Loaded(file)
  }

  /// The settings of the file over the defaults.
  static func read(_ file: ConfigurationFile) -> Loaded {
    var reader = FileReader(file)
    let document = TOMLDocument.parse(file.bytes)
    for fault in document.faults {
      // It may quote what stands there.
      reader.loaded.report(.error, path: nil, fault.place, SecretScrub.clean(fault.message))
    }
    reader.readSection(document.root, at: "")
    return reader.loaded
  }

  // MARK: - Sections

  /// Reads the keys of a section that stands once; "" is the top of the file.
  private mutating func readSection(_ table: TOMLTable, at section: String) {
    for entry in table.entries {
      let path = section.isEmpty ? entry.key : "\(section).\(entry.key)"
      if let spec = Self.spec(path, entry.key, in: section) {
        readSingle(spec, entry, in: table)
      } else if let array = Self.arrays.first(where: { $0.path == path + "[]" }) {
        readArray(array.path, entry)
      } else if Self.isSection(path) {
        readSubsection(path, entry)
      } else if UnusedKeys.unknown.contains(path) {
        reportUnused(path, entry.keyPlace)
      } else {
        _ = reportUnknown(path, entry, in: section)
      }
    }
  }

  private static let arrays = SettingsTable.sections.filter(\.isArray)

  private static func isSection(_ path: String) -> Bool {
    SettingsTable.sections.contains { $0.path == path }
  }

  private static func spec(
    _ path: String, _ key: String, in section: String
  ) -> SettingSpec<Settings>? {
    SettingsTable.single.first {
      $0.key.path == path || $0.key.section == section && $0.key.synonyms.contains(key)
    }
  }

  private mutating func readSubsection(_ path: String, _ entry: TOMLEntry) {
    switch entry.node.value {
    case .table(let table):
      loaded.places[path] = entry.node.place
      readSection(table, at: path)
    case .array:
      report(
        .error, path, entry.keyPlace,
        "'\(path)' stands once; write [\(path)], in single brackets.")
    default:
      report(
        .error, path, entry.keyPlace,
        "'\(path)' is a section; write [\(path)] on a line of its own and its keys below.")
    }
  }

  private mutating func readSingle(
    _ spec: SettingSpec<Settings>, _ entry: TOMLEntry, in table: TOMLTable
  ) {
    let path = spec.key.path
    guard isFirst(entry, of: spec.key, in: table) else { return }
    var settings = loaded.settings
    take(spec, entry, at: path, on: &settings)
    loaded.settings = settings
  }

  // MARK: - Arrays of tables

  private mutating func readArray(_ path: String, _ entry: TOMLEntry) {
    let name = String(path.dropLast(2))
    switch entry.node.value {
    case .array(let nodes):
      for (index, node) in nodes.enumerated() {
        let place = "\(name)[\(index)]"
        guard case .table(let table) = node.value else {
          report(
            .error, place, node.place, "this is \(node.value.kindName); write [[\(name)]] tables.")
          continue
        }
        readElement(table, node.place, at: place, of: name, pattern: nil)
      }
    case .table(let table) where name == "routing.policies":
      readNamedPolicies(table, entry)
    default:
      report(
        .error, name, entry.keyPlace,
        "there may be several of '\(name)', so write [[\(name)]], in double brackets.")
    }
  }

  /// `[routing.policies.PATTERN]`, as it is said in some places, means a table of the array.
  private mutating func readNamedPolicies(_ table: TOMLTable, _ entry: TOMLEntry) {
    for (index, policy) in table.entries.enumerated() {
      guard case .table(let content) = policy.node.value else {
        report(
          .error, "routing.policies", policy.keyPlace,
          "there may be several policies, so write [[routing.policies]], in double brackets.")
        return
      }
      readElement(
        content, policy.node.place, at: "routing.policies[\(index)]", of: "routing.policies",
        pattern: policy)
    }
    report(
      .warning, "routing.policies", table.entries.first?.keyPlace ?? entry.keyPlace,
      "it counts, but write [[routing.policies]] with model_pattern = \"…\" instead.")
  }

  private mutating func readElement(
    _ table: TOMLTable, _ place: TOMLPlace, at path: String, of array: String,
    pattern: TOMLEntry?
  ) {
    loaded.places[path] = place
    if array == "routing.policies" {
      var policy = Settings.Policy()
      if let pattern {
        policy.modelPattern = pattern.key
        loaded.places["\(path).model_pattern"] = pattern.keyPlace
      }
      readKeys(
        SettingsTable.policy, table, at: path, of: array, on: &policy, has: pattern != nil)
      loaded.settings.routing.policies.append(policy)
    } else if array == "discovery.trust" {
      var trust = Settings.Trust()
      readKeys(SettingsTable.trust, table, at: path, of: array, on: &trust, has: false)
      loaded.settings.discovery.trust.append(trust)
    } else {
      var backend = Settings.Backend.blank
      readKeys(SettingsTable.backend, table, at: path, of: array, on: &backend, has: false)
      loaded.settings.backends.append(backend)
    }
  }

  /// Reads the keys of one table of an array. `has` tells that the first required key is given.
  private mutating func readKeys<Root>(
    _ specs: [SettingSpec<Root>], _ table: TOMLTable, at path: String, of array: String,
    on root: inout Root, has isGiven: Bool
  ) {
    var meant: [String] = []
    for entry in table.entries {
      if let spec = specs.first(where: { $0.key.name == entry.key }) {
        take(spec, entry, at: "\(path).\(spec.key.name)", on: &root)
      } else {
        meant += reportUnknown("\(path).\(entry.key)", entry, in: "\(array)[]")
      }
    }
    for spec in specs where spec.key.isRequired && table[spec.key.name] == nil && !isGiven {
      // Its name is there with a slip of the pen, and that has been said.
      guard !meant.contains(spec.key.name) else { continue }
      let example = spec.key.example.map { "; add \(spec.key.name) = \($0)" } ?? ""
      report(
        .error, path, loaded.places[path],
        "Missing required field: '\(path).\(spec.key.name)'\(example).")
    }
  }

  // MARK: - Values

  /// Reads a value and puts it where it belongs, if nothing is wrong with it.
  private mutating func take<Root>(
    _ spec: SettingSpec<Root>, _ entry: TOMLEntry, at path: String, on root: inout Root
  ) {
    let key = spec.key
    loaded.places[path] = entry.node.place
    if entry.key != key.name {
      report(
        .warning, path, entry.keyPlace,
        "'\(entry.key)' is an old name; it counts, but write '\(key.name)'.")
    }
    guard !isKeyItself(key, entry.node, at: path) else { return }
    var faults: [ValueFault] = []
    let value = key.kind.read(entry.node, name: key.name, &faults)
    for fault in faults {
      let head = fault.severity == .error ? "Invalid value for " : ""
      report(fault.severity, path, fault.place, "\(head)'\(path)': \(fault.message)")
    }
    let isFit = faults.allSatisfy { $0.severity == .warning }
    if case .map = key.kind, case .table(let table) = entry.node.value {
      guard takeItems(spec, table, value, at: path, root), isFit else { return }
    }
    guard isFit, var value else { return }
    if key.kind == .path, case .text(let text) = value { value = .text(file.resolve(text)) }
    _ = set(spec, value, entry, at: path, on: &root)
  }

  /// Checks the entries of a table one by one, so that each mistake is told at its place.
  private mutating func takeItems<Root>(
    _ spec: SettingSpec<Root>, _ table: TOMLTable, _ value: SettingValue?, at path: String,
    _ root: Root
  ) -> Bool {
    guard case .map(let items)? = value else { return false }
    var areFit = true
    for item in table.entries {
      let itemPath = "\(path).\(SettingValue.key(item.key))"
      loaded.places[itemPath] = item.node.place
      guard let read = items.first(where: { $0.key == item.key }) else { continue }
      var scratch = root
      if !set(spec, .map([read]), item, at: itemPath, on: &scratch) { areFit = false }
    }
    return areFit
  }

  private mutating func set<Root>(
    _ spec: SettingSpec<Root>, _ value: SettingValue, _ entry: TOMLEntry, at path: String,
    on root: inout Root
  ) -> Bool {
    do {
      try spec.set(&root, value)
      loaded.origins[path] = .file(file.name, line: entry.keyPlace.line)
      return true
    } catch {
      loaded.report(
        .error, path: path, entry.node.place, "Invalid value for '\(path)': \(error)",
        isSecret: error.isSecret)
      return false
    }
  }

  /// Whether a key stands where the name of its variable belongs; then that has been said.
  private mutating func isKeyItself(
    _ key: SettingKey, _ node: TOMLNode, at path: String
  ) -> Bool {
    guard key.kind == .variable, case .string(let text) = node.value,
      SecretText.looksLikeKey(text)
    else { return false }
    loaded.report(
      .error, path: path, node.place,
      "Invalid value for '\(path)': this looks like a key itself. Put the key into an environment"
        + " variable and write the variable's name here, or into a file and write api_key_file.",
      isSecret: true)
    return true
  }

  /// Whether no other name of the key stands in the table too.
  private mutating func isFirst(
    _ entry: TOMLEntry, of key: SettingKey, in table: TOMLTable
  ) -> Bool {
    let first = ([key.name] + key.synonyms).first { table[$0] != nil }
    guard let first, first != entry.key else { return true }
    report(
      .error, key.path, entry.keyPlace,
      "'\(entry.key)' is an old name of '\(first)', which stands there too; delete one of the two.")
    return false
  }

  private mutating func reportUnused(_ path: String, _ place: TOMLPlace) {
    report(.warning, path, place, "'\(path)' is not used by this version.")
  }

  mutating func report(
    _ severity: Diagnostic.Severity, _ path: String, _ place: TOMLPlace?, _ message: String
  ) {
    loaded.report(severity, path: path, place, message)
  }
}
