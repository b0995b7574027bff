/// The block under a step that sends or expects a whole message.
struct MessageBlock {
  /// The start line; empty when the block is.
  var startLine: String
  /// Header lines as they stand.
  var headLines: [String]
  /// The body's lines; nil when there is no empty line in the block.
  var body: [String]?

  init(_ block: [String]) {
    startLine = block.first ?? ""
    let rest = block.dropFirst()
    if let gap = rest.firstIndex(of: "") {
      headLines = Array(rest[..<gap])
      body = Array(rest[(gap + 1)...])
    } else {
      headLines = Array(rest)
      body = nil
    }
  }

  /// The bytes to send: head lines end with CRLF, lines of the body are joined by LF, and
  /// `{{length}}` is the length of the body.
  func bytes(_ template: Template) throws(CaseFailure) -> [UInt8] {
    let payload = try template.expand((body ?? []).joined(separator: "\n")).literal()
    var template = template
    template.values["length"] = Array(String(payload.count).utf8)
    var all: [UInt8] = []
    for line in [startLine] + headLines {
      all += try template.expand(line).literal() + [0x0D, 0x0A]
    }
    return all + [0x0D, 0x0A] + payload
  }

  /// Checks a head that came against the block; the values that it captures.
  func check(_ head: Head, _ template: Template) throws(CaseFailure) -> [String: [UInt8]] {
    var captures: [String: [UInt8]] = [:]
    var wanted: [(name: String, patterns: [Pattern])] = []
    try checkStartLine(head, template)
    for line in headLines {
      if line.hasPrefix("!") {
        let name = line.dropFirst().trimmed
        guard head.values(name).isEmpty else {
          throw CaseFailure("'\(name)' must not be there, but is: \(head.values(name))")
        }
        continue
      }
      guard let colon = line.firstIndex(of: ":") else {
        throw CaseFailure("'\(line)' is neither 'Name: value' nor '! Name'")
      }
      let name = line[..<colon].lowercased()
      let pattern = try template.expand(line[line.index(after: colon)...].trimmed)
      if let index = wanted.firstIndex(where: { $0.name == name }) {
        wanted[index].patterns.append(pattern)
      } else {
        wanted.append((name, [pattern]))
      }
    }
    for (name, patterns) in wanted {
      let found = try compare(name, patterns, head)
      captures.merge(found) { $1 }
    }
    return captures
  }

  private func checkStartLine(_ head: Head, _ template: Template) throws(CaseFailure) {
    let pattern = try template.expand(startLine)
    let came = Array(head.startLine.utf8)
    // The reason phrase of a status line says nothing, so a block may leave it out.
    let isShort = startLine.hasPrefix("HTTP/") && startLine.split(separator: " ").count == 2
    let words = head.startLine.split(separator: " ").prefix(2).joined(separator: " ")
    let compared = isShort && !startLine.contains("{{") ? Array(words.utf8) : came
    if case .mismatch(let offset) = pattern.match(all: compared) {
      let fields = head.fields.map { "\n\($0.name): \($0.value)" }.joined()
      throw CaseFailure(
        difference(expected: startLine, actual: came + Array(fields.utf8), at: offset))
    }
  }

  private func compare(
    _ name: String, _ patterns: [Pattern], _ head: Head
  ) throws(CaseFailure) -> [String: [UInt8]] {
    var captures: [String: [UInt8]] = [:]
    let values = head.values(name)
    guard values.count == patterns.count else {
      let all = head.fields.map { "  \($0.name): \($0.value)" }.joined(separator: "\n")
      throw CaseFailure(
        "'\(name)' stands there \(values.count) times instead of \(patterns.count); all are:\n\(all)"
      )
    }
    for (value, pattern) in zip(values, patterns) {
      guard case .match(_, let found) = pattern.match(all: Array(value.utf8)) else {
        throw CaseFailure("'\(name)' is '\(value)', expected was another value")
      }
      captures.merge(found) { $1 }
    }
    return captures
  }
}

extension StringProtocol {
  /// The text without spaces at its ends.
  var trimmed: String {
    var rest = Substring(self).drop { $0 == " " }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}
