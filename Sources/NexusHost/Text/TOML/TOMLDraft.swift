/// The tables of a text while it is read, with the rules on what may define a key again.
///
/// Tables lie in an array and name each other by their position, so that each step of a key is one
/// look-up, however large the text.
struct TOMLDraft {
  /// What made a table decides what may add to it (TOML 1.0 "Table", "Dotted Keys").
  private enum Origin {
    /// Its own header.
    case header
    /// The header of a table inside of it. Its own header may follow, or dotted keys.
    case implied
    /// Dotted keys. Headers may add tables inside of it, but not name it.
    case dotted
  }

  private enum Content {
    /// Complete: nothing adds to it.
    case value(TOMLNode)
    case table(Int)
    /// A position in `lists`.
    case list(Int)
  }

  private struct Entry {
    let part: TOMLKeyPart
    var content: Content
  }

  private struct Table {
    var place: TOMLPlace
    var origin: Origin
    var entries: [Entry] = []
    var positions: [TOMLKey: Int] = [:]
  }

  private var tables: [Table]
  /// The tables of each list of tables.
  private var lists: [[Int]] = []

  /// The table to which keys before the first header belong.
  static let rootID = 0

  init(place: TOMLPlace = TOMLPlace(line: 1, column: 1, bytes: 0..<0)) {
    tables = [Table(place: place, origin: .header)]
  }

  /// A table that nothing contains, for the keys under a header that cannot be right.
  mutating func addLooseTable(_ place: TOMLPlace) -> Int { add(place, .header) }

  /// Sets a key, dotted or not, in a table.
  mutating func set(_ key: [TOMLKeyPart], to node: TOMLNode, in table: Int) throws(TOMLFault) {
    guard let last = key.last else { return }
    var id = table
    for part in key.dropLast() { id = try dottedChild(part, of: id) }
    if let old = entry(last, of: id) { throw repeated(last, old) }
    insert(last, .value(node), in: id)
  }

  /// Defines the table that a header `[a.b]` names. Yields the table.
  mutating func define(_ key: [TOMLKeyPart], _ place: TOMLPlace) throws(TOMLFault) -> Int {
    guard let last = key.last else { return Self.rootID }
    let parent = try parent(key)
    guard let old = entry(last, of: parent) else {
      let id = add(place, .header)
      insert(last, .table(id), in: parent)
      return id
    }
    guard case .table(let id) = old.content, tables[id].origin == .implied else {
      throw repeatedHeader(key, old)
    }
    tables[id].origin = .header
    tables[id].place = place
    return id
  }

  /// Adds a table to the list that a header `[[a.b]]` names. Yields the table.
  mutating func append(_ key: [TOMLKeyPart], _ place: TOMLPlace) throws(TOMLFault) -> Int {
    guard let last = key.last else { return Self.rootID }
    let parent = try parent(key)
    guard let old = entry(last, of: parent) else {
      let id = add(place, .header)
      lists.append([id])
      insert(last, .list(lists.count - 1), in: parent)
      return id
    }
    guard case .list(let list) = old.content else { throw notAList(key, old) }
    let id = add(place, .header)
    lists[list].append(id)
    return id
  }

  /// All of it.
  var root: TOMLTable { finished(Self.rootID) }

  // MARK: steps of a key

  private mutating func dottedChild(
    _ part: TOMLKeyPart, of table: Int
  ) throws(TOMLFault) -> Int {
    guard let old = entry(part, of: table) else {
      let id = add(part.place, .dotted)
      insert(part, .table(id), in: table)
      return id
    }
    guard case .table(let id) = old.content else { throw notOpen(part, old) }
    if tables[id].origin == .header {
      throw TOMLFault(
        place: part.place,
        message: "'\(part.shown)' has its header in line \(tables[id].place.line) already; "
          + "write this key under that header.")
    }
    tables[id].origin = .dotted
    return id
  }

  /// The table in which the last part of a header's key stands.
  private mutating func parent(_ key: [TOMLKeyPart]) throws(TOMLFault) -> Int {
    var id = Self.rootID
    for part in key.dropLast() {
      switch entry(part, of: id)?.content {
      case nil:
        let child = add(part.place, .implied)
        insert(part, .table(child), in: id)
        id = child
      case .table(let child): id = child
      case .list(let list): id = lists[list].last ?? id
      case .value: throw notOpen(part, entry(part, of: id))
      }
    }
    return id
  }

  private func entry(_ part: TOMLKeyPart, of table: Int) -> Entry? {
    tables[table].positions[part.key].map { tables[table].entries[$0] }
  }

  private mutating func insert(_ part: TOMLKeyPart, _ content: Content, in table: Int) {
    tables[table].positions[part.key] = tables[table].entries.count
    tables[table].entries.append(Entry(part: part, content: content))
  }

  private mutating func add(_ place: TOMLPlace, _ origin: Origin) -> Int {
    tables.append(Table(place: place, origin: origin))
    return tables.count - 1
  }

  private func finished(_ id: Int) -> TOMLTable {
    let table = tables[id]
    let entries = table.entries.map { entry in
      TOMLEntry(
        key: entry.part.text, keyPlace: entry.part.place, node: finished(entry.content))
    }
    return TOMLTable(entries: entries, positions: table.positions, place: table.place)
  }

  private func finished(_ content: Content) -> TOMLNode {
    switch content {
    case .value(let node): return node
    case .table(let id):
      let table = finished(id)
      return TOMLNode(value: .table(table), place: table.place)
    case .list(let list):
      let nodes = lists[list].map { finished(.table($0)) }
      return TOMLNode(value: .array(nodes), place: nodes.first?.place ?? tables[0].place)
    }
  }
}

// MARK: - Faults

extension TOMLDraft {
  private func repeated(_ part: TOMLKeyPart, _ old: Entry) -> TOMLFault {
    let message =
      switch old.content {
      case .value:
        "'\(part.shown)' is set twice; it stands in line \(old.part.place.line) already. "
          + "Delete one of the two."
      case .table, .list:
        "'\(part.shown)' is \(kind(old)) since line \(old.part.place.line); "
          + "give this key another name."
      }
    return TOMLFault(place: part.place, message: message)
  }

  private func repeatedHeader(_ key: [TOMLKeyPart], _ old: Entry) -> TOMLFault {
    let name = TOMLKeyPart.dotted(key)
    let part = key[key.count - 1]
    let line = old.part.place.line
    switch old.content {
    case .list:
      return TOMLFault(
        place: part.place,
        message: "'\(name)' is a list of tables since line \(line); "
          + "write [[\(name)]] to add one, or give this table another name.")
    case .table(let id) where tables[id].origin == .header:
      return TOMLFault(
        place: part.place,
        message: "[\(name)] stands in line \(tables[id].place.line) already; "
          + "move these keys up there.")
    case .table:
      return TOMLFault(
        place: part.place,
        message: "'\(name)' is made by a dotted key in line \(line) already; "
          + "write all its keys in one place.")
    case .value: return notOpen(part, old)
    }
  }

  private func notAList(_ key: [TOMLKeyPart], _ old: Entry) -> TOMLFault {
    let part = key[key.count - 1]
    guard case .table = old.content else { return notOpen(part, old) }
    let name = TOMLKeyPart.dotted(key)
    return TOMLFault(
      place: part.place,
      message: "'\(name)' is one table since line \(old.part.place.line), no list of tables; "
        + "write [[\(name)]] at each place, or give this list another name.")
  }

  /// A value that is complete where a table is wanted.
  private func notOpen(_ part: TOMLKeyPart, _ old: Entry?) -> TOMLFault {
    let line = old?.part.place.line ?? part.place.line
    let kind = old.map(kind) ?? "a value"
    if case .list = old?.content {
      return TOMLFault(
        place: part.place,
        message: "'\(part.shown)' is a list of tables since line \(line); "
          + "write this key under one of its headers.")
    }
    return TOMLFault(
      place: part.place,
      message: "'\(part.shown)' is \(kind) since line \(line), to which nothing can be added; "
        + "write it all in one place, or give this one another name.")
  }

  private func kind(_ entry: Entry) -> String {
    switch entry.content {
    case .value(let node):
      if case .table = node.value { "an inline table" } else { node.value.kindName }
    case .table: "a table"
    case .list: "a list of tables"
    }
  }
}

/// One part of a dotted key.
struct TOMLKeyPart {
  let text: String
  let place: TOMLPlace

  var key: TOMLKey { TOMLKey(text) }

  /// For messages.
  var shown: String { SourceExcerpt.word(text) }

  /// The parts as in a header, for messages.
  static func dotted(_ key: [TOMLKeyPart]) -> String {
    SourceExcerpt.word(key.map(\.text).joined(separator: "."))
  }
}
