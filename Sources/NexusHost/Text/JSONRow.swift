/// An object of somebody's answer, read member by member.
public struct JSONRow: Sendable {
  public let document: JSONDocument
  public let node: JSONNode

  public init(document: JSONDocument, node: JSONNode) {
    self.document = document
    self.node = node
  }

  /// The objects of an array.
  public static func list(_ document: JSONDocument, _ name: StaticString) -> [JSONRow] {
    document.row.rows(name)
  }

  /// The elements of the array that is the whole document.
  public static func list(_ document: JSONDocument) -> [JSONRow] {
    elements(of: document.root, in: document)
  }

  /// A string, or nil if there is none.
  public func text(_ name: StaticString) -> String? {
    document.string(document.member(node, name)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A whole number, or nil if there is none.
  public func number(_ name: StaticString) -> Int64? {
    document.integer(document.member(node, name))
  }

  /// A number, or nil if there is none.
  public func double(_ name: StaticString) -> Double? {
    document.double(document.member(node, name))
  }

  /// A truth value, or nil if there is none.
  public func bool(_ name: StaticString) -> Bool? { document.bool(document.member(node, name)) }

  /// The strings of an array.
  public func texts(_ name: StaticString) -> [String] {
    var texts: [String] = []
    document.forEachElement(document.member(node, name)) { element in
      if let text = document.string(element) { texts.append(String(decoding: text, as: UTF8.self)) }
    }
    return texts
  }

  /// An object, or nil if there is none.
  public func row(_ name: StaticString) -> JSONRow? {
    document.member(node, name).map { JSONRow(document: document, node: $0) }
  }

  /// The objects of an array.
  public func rows(_ name: StaticString) -> [JSONRow] {
    Self.elements(of: document.member(node, name), in: document)
  }

  private static func elements(of array: JSONNode?, in document: JSONDocument) -> [JSONRow] {
    var rows: [JSONRow] = []
    document.forEachElement(array) { rows.append(JSONRow(document: document, node: $0)) }
    return rows
  }
}

extension JSONRow {
  /// The object as it came.
  public var raw: [UInt8] { document.raw(node) }

  /// An object with the rows as they came in one array.
  public static func json(_ rows: [JSONRow], _ name: String) -> [UInt8] {
    JSONText.object { text in
      text.array(name) { list in for row in rows { list.raw(row.raw) } }
    }
  }
}

extension JSONDocument {
  /// The root as a row.
  public var row: JSONRow { JSONRow(document: self, node: root) }
}
