import Text

/// Something about a value in a file.
struct ValueFault {
  let place: TOMLPlace
  let severity: Diagnostic.Severity
  /// Without its full stop at the end of a path: "70000 is out of range; give …."
  let message: String
}

extension SettingKind {
  /// Reads a value of a file; gives nil if something is wrong with it. Faults are added to `faults`,
  /// also mere notices. `name` is the key, for examples.
  func read(_ node: TOMLNode, name: String, _ faults: inout [ValueFault]) -> SettingValue? {
    switch (self, node.value) {
    case (.whole(let range), .integer(let number)):
      return inRange(node, range.contains(Int(number)), .whole(Int(number)), "\(number)", &faults)
    case (.size(let range), .integer(let number)):
      return inRange(node, range.contains(Int(number)), .whole(Int(number)), "\(number)", &faults)
    case (.number(let range), .integer(let number)):
      let value = Double(number)
      return inRange(node, range.contains(value), .number(value), "\(number)", &faults)
    case (.number(let range), .float(let number)):
      return inRange(node, range.contains(number), .number(number), "\(number)", &faults)
    case (.flag, .bool(let flag)): return .flag(flag)
    case (.size, .string(let text)): return string(text, node, &faults)
    case (.list, .array(let nodes)): return list(nodes, &faults)
    case (.wholes(let range), .array(let nodes)): return wholes(nodes, range, &faults)
    case (.map(let kind), .table(let table)): return map(table, kind, &faults)
    case (_, .string(let text)) where isText: return string(text, node, &faults)
    default:
      faults.append(wrongType(node, name))
      return nil
    }
  }

  private func string(
    _ text: String, _ node: TOMLNode, _ faults: inout [ValueFault]
  ) -> SettingValue? {
    do {
      let value = try read(text)
      if case .word = self, case .text(let word) = value, word != text {
        faults.append(
          ValueFault(
            place: node.place, severity: .warning, message: "it counts as \"\(word)\"; write that.")
        )
      }
      return value
    } catch {
      faults.append(ValueFault(place: node.place, severity: .error, message: "\(error)"))
      return nil
    }
  }

  private func inRange(
    _ node: TOMLNode, _ isFit: Bool, _ value: SettingValue, _ text: String,
    _ faults: inout [ValueFault]
  ) -> SettingValue? {
    guard isFit else {
      faults.append(
        ValueFault(
          place: node.place, severity: .error, message: "\(text) is out of range; give \(wanted)."))
      return nil
    }
    return value
  }

  private func list(_ nodes: [TOMLNode], _ faults: inout [ValueFault]) -> SettingValue? {
    var items: [String] = []
    for node in nodes {
      guard case .string(let text) = node.value, !text.isEmpty else {
        faults.append(
          ValueFault(
            place: node.place, severity: .error,
            message: Self.faultOfItem(node.value)))
        continue
      }
      items.append(text)
    }
    return items.count == nodes.count ? .list(items) : nil
  }

  private func wholes(
    _ nodes: [TOMLNode], _ range: ClosedRange<Int>, _ faults: inout [ValueFault]
  ) -> SettingValue? {
    var items: [Int] = []
    for node in nodes {
      guard case .integer(let number) = node.value, range.contains(Int(number)) else {
        var said = Self.said(node.value)
        if case .integer(let number) = node.value { said = "\(number) is out of range" }
        faults.append(
          ValueFault(place: node.place, severity: .error, message: "\(said); give \(wanted)."))
        continue
      }
      items.append(Int(number))
    }
    return items.count == nodes.count ? .wholes(items) : nil
  }

  /// The entries with which nothing is wrong.
  private func map(
    _ table: TOMLTable, _ kind: SettingKind, _ faults: inout [ValueFault]
  ) -> SettingValue? {
    var entries: [SettingEntry] = []
    for entry in table.entries {
      guard let value = kind.read(entry.node, name: SettingValue.key(entry.key), &faults) else {
        continue
      }
      entries.append(SettingEntry(entry.key, value))
    }
    return .map(entries)
  }

  /// What is wrong with a value of another type, with the line to write if it can be guessed.
  private func wrongType(_ node: TOMLNode, _ name: String) -> ValueFault {
    var message = "\(Self.said(node.value)); give \(wanted)"
    if let value = guess(node.value) { message += ", as in \(name) = \(toml(value))" }
    return ValueFault(place: node.place, severity: .error, message: message + ".")
  }

  /// The value that was probably meant.
  private func guess(_ value: TOMLValue) -> SettingValue? {
    switch value {
    case .string(let text): isText || isSize ? nil : self == .list ? .list([text]) : try? read(text)
    case .integer(let number):
      if case .wholes(let range) = self {
        range.contains(Int(number)) ? .wholes([Int(number)]) : nil
      } else {
        isText ? try? read("\(number)") : Self.flagGuess(self, number)
      }
    case .bool(let flag): isText ? try? read("\(flag)") : nil
    case .array(let nodes):
      if isText, nodes.count == 1, case .string(let text) = nodes[0].value {
        .text(text)
      } else {
        nil
      }
    default: nil
    }
  }

  private static func flagGuess(_ kind: SettingKind, _ number: Int64) -> SettingValue? {
    kind == .flag && (0...1).contains(number) ? .flag(number == 1) : nil
  }

  private static func faultOfItem(_ value: TOMLValue) -> String {
    if case .string = value { return "there is an empty string in the list; leave it out." }
    return "there is \(value.kindName) in the list; give strings."
  }

  /// "this is a string".
  private static func said(_ value: TOMLValue) -> String { "this is \(value.kindName)" }

  private var isText: Bool {
    switch self {
    case .text, .host, .url, .variable, .path, .glob, .word, .levels: true
    case .whole, .number, .size, .flag, .list, .wholes, .map: false
    }
  }
}
