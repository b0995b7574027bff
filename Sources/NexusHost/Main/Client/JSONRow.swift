import Text

/// An object of a gateway's answer, read member by member.
struct JSONRow {
  let document: JSONDocument
  let node: JSONNode

  /// The objects of an array.
  static func list(_ document: JSONDocument, _ name: StaticString) -> [JSONRow] {
    var rows: [JSONRow] = []
    document.forEachElement(document.member(name)) {
      rows.append(JSONRow(document: document, node: $0))
    }
    return rows
  }

  /// A string, or nil if there is none.
  func text(_ name: StaticString) -> String? {
    document.string(document.member(node, name)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A whole number, or nil if there is none.
  func number(_ name: StaticString) -> Int64? { document.integer(document.member(node, name)) }

  /// A truth value, or nil if there is none.
  func bool(_ name: StaticString) -> Bool? { document.bool(document.member(node, name)) }

  /// The strings of an array.
  func texts(_ name: StaticString) -> [String] {
    var texts: [String] = []
    document.forEachElement(document.member(node, name)) { element in
      if let text = document.string(element) { texts.append(String(decoding: text, as: UTF8.self)) }
    }
    return texts
  }
}

extension JSONRow {
  /// An object with the rows as they came in one array.
  static func json(_ rows: [JSONRow], _ name: String) -> [UInt8] {
    JSONText.object { text in
      text.array(name) { list in for row in rows { list.raw(row.document.raw(row.node)) } }
    }
  }
}

extension JSONDocument {
  /// The root as a row.
  var row: JSONRow { JSONRow(document: self, node: root) }
}
