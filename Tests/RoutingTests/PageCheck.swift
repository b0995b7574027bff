import Testing

/// What a page consists of, read as a browser reads it as far as that takes no guessing.
struct PageCheck {
  struct Tag {
    let name: String
    var attributes: [(name: String, value: String)] = []

    subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
  }

  private(set) var tags: [Tag] = []
  /// What is not in tags, without style.
  private(set) var text = ""
  private(set) var faults: [String] = []

  private static let single: Set<String> = ["meta", "link", "input", "br", "!doctype"]

  init(_ html: [UInt8]) {
    let page = String(decoding: html, as: UTF8.self)
    var rest = page[...]
    var open: [String] = []
    while let start = rest.firstIndex(of: "<") {
      text += rest[..<start]
      rest = rest[rest.index(after: start)...]
      guard let end = Self.end(of: rest) else {
        faults.append("a tag does not end: \(rest.prefix(60))")
        return
      }
      let inside = rest[..<end]
      rest = rest[rest.index(after: end)...]
      if inside.hasPrefix("/") {
        let name = String(inside.dropFirst())
        if open.popLast() != name { faults.append("</\(name)> closes nothing: \(rest.prefix(60))") }
        continue
      }
      let tag = Self.tag(inside, &faults)
      tags.append(tag)
      if !inside.hasSuffix("/"), !Self.single.contains(tag.name) { open.append(tag.name) }
      if tag.name == "style", let stop = rest.firstRange(of: "</style>") {
        rest = rest[stop.lowerBound...]
      }
    }
    text += rest
    if !open.isEmpty { faults.append("not closed: \(open)") }
  }

  /// The ">" that is in no quotes.
  private static func end(of text: Substring) -> Substring.Index? {
    var isQuoted = false
    return text.indices.first {
      if text[$0] == "\"" { isQuoted.toggle() }
      return text[$0] == ">" && !isQuoted
    }
  }

  private static func tag(_ inside: Substring, _ faults: inout [String]) -> Tag {
    let name = inside.prefix { !$0.isWhitespace && $0 != "/" }
    var tag = Tag(name: String(name))
    var rest = inside.dropFirst(name.count)
    while true {
      rest = rest.drop { $0.isWhitespace || $0 == "/" }
      let name = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != "/" }
      guard !name.isEmpty else { return tag }
      rest = rest.dropFirst(name.count)
      var value = ""
      if rest.hasPrefix("=\"") {
        value = String(rest.dropFirst(2).prefix { $0 != "\"" })
        rest = rest.dropFirst(value.count + 3)
      } else if rest.hasPrefix("=") {
        faults.append("\(name) has no quotes in <\(inside.prefix(60))>")
        return tag
      }
      tag.attributes.append((String(name), value))
    }
  }

  /// What a page must not have: handlers and styles in attributes, addresses elsewhere, ids twice.
  var offences: [String] {
    var found = faults
    var ids: Set<String> = []
    for tag in tags {
      for (name, value) in tag.attributes {
        if name.hasPrefix("on") || name == "style" || name == "srcset" {
          found.append("<\(tag.name) \(name)>")
        }
        if ["href", "src", "action"].contains(name),
          !(value.hasPrefix("/") || value.hasPrefix("#"))
            || value.hasPrefix("//")
        {
          found.append("<\(tag.name) \(name)=\(value)>")
        }
        if name == "id", !ids.insert(value).inserted { found.append("id \(value) twice") }
      }
    }
    return found
  }
}
