import Text

/// The members of a JSON object that commands send or the state keeps, each known and there once.
public struct JSONMembers {
  private let document: JSONDocument
  private let nodes: [String: JSONNode]

  /// Reads `bytes`, which must be one object with no other members than these.
  public init(_ bytes: [UInt8], known: [String]) throws(JSONMemberFault) {
    do {
      document = try JSONDocument.parse(bytes)
    } catch {
      throw JSONMemberFault("This is not valid JSON: \(error.message) at byte \(error.offset).")
    }
    guard document.root.kind == .object else { throw JSONMemberFault("This is not a JSON object.") }
    var nodes: [String: JSONNode] = [:]
    var fault: JSONMemberFault?
    document.forEachMember(document.root) { [document] key, value in
      let name = Self.text(document.string(key))
      if !known.contains(name) {
        let hint = Suggestion.hint(for: name, among: known)
        fault = JSONMemberFault(
          "There is no member '\(name.prefix(100))'.\(hint) Known are"
            + " \(known.joined(separator: ", ")).")
      } else if nodes.updateValue(value, forKey: name) != nil {
        fault = JSONMemberFault("'\(name)' stands there twice; give it once.")
      }
    }
    if let fault { throw fault }
    self.nodes = nodes
  }

  /// The value of a member as `kind` takes it; nil if it is absent or null.
  public func value(
    _ name: String, as kind: SettingKind
  ) throws(JSONMemberFault) -> SettingValue? {
    guard let node = nodes[name], node.kind != .null else { return nil }
    do {
      return try read(node, as: kind)
    } catch {
      throw JSONMemberFault(name, error)
    }
  }

  /// The text of a member; nil if it is absent or null.
  public func text(_ name: String) throws(JSONMemberFault) -> String? {
    guard case .text(let text) = try value(name, as: .text) else { return nil }
    return text
  }

  /// The value of a member as it is written; nil if it is absent or null.
  public func raw(_ name: String) -> [UInt8]? {
    nodes[name].flatMap { $0.kind == .null ? nil : document.raw($0) }
  }

  private func read(_ node: JSONNode, as kind: SettingKind) throws(SettingFault) -> SettingValue {
    switch (kind, node.kind) {
    case (.whole, .number), (.number, .number), (.size, .number):
      return try kind.read(Self.text(document.raw(node)))
    case (.flag, .bool): return .flag(document.bool(node) ?? false)
    case (.list, .array): return .list(try texts(node, kind))
    case (.map(.text), .object): return try map(node, kind)
    case (.whole, _), (.number, _), (.flag, _), (.list, _), (.wholes, _), (.map, _):
      throw SettingFault("give \(kind.wanted)")
    case (_, .string): return try kind.read(Self.text(document.string(node)))
    default: throw SettingFault("give \(kind.wanted)")
    }
  }

  private func texts(_ node: JSONNode, _ kind: SettingKind) throws(SettingFault) -> [String] {
    var items: [String] = []
    document.forEachElement(node) { element in
      if let item = document.string(element), !item.isEmpty { items.append(Self.text(item)) }
    }
    guard items.count == document.count(node) else { throw SettingFault("give \(kind.wanted)") }
    return items
  }

  private func map(_ node: JSONNode, _ kind: SettingKind) throws(SettingFault) -> SettingValue {
    var entries: [SettingEntry] = []
    var isWrong = false
    document.forEachMember(node) { key, value in
      guard let text = document.string(value) else { return isWrong = true }
      entries.append(SettingEntry(Self.text(document.string(key)), .text(Self.text(text))))
    }
    guard !isWrong else { throw SettingFault("give \(kind.wanted)") }
    return .map(entries)
  }

  private static func text(_ bytes: [UInt8]?) -> String {
    String(decoding: bytes ?? [], as: UTF8.self)
  }
}

/// What is wrong with a JSON object: which member, and what to give instead.
public struct JSONMemberFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// A whole sentence or two.
  public let description: String

  init(_ description: String) { self.description = description }

  init(_ name: String, _ fault: SettingFault) { self.init("'\(name)': \(fault)") }
}
