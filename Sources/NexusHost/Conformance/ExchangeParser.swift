import Drivers

/// Why a recording cannot be read: where, and what is wrong.
public struct ExchangeError: Error, Equatable, Sendable, CustomStringConvertible {
  public let line: Int
  public let reason: String

  public var description: String { "line \(line): \(reason)" }
}

/// Reads recordings (docs/PLUGIN_ABI.md, "Recordings").
struct ExchangeParser {
  private let name: String
  private let lines: [ArraySlice<UInt8>]
  private var index = 0
  private var kinds: [OperationKind] = []
  private var exchange: RecordedExchange

  /// All exchanges of a file, one for each operation that it names.
  static func parse(_ bytes: [UInt8], name: String) throws(ExchangeError) -> [RecordedExchange] {
    var parser = ExchangeParser(bytes, name)
    return try parser.parse()
  }

  private init(_ bytes: [UInt8], _ name: String) {
    self.name = name
    lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    exchange = RecordedExchange(name: name)
  }

  private mutating func parse() throws(ExchangeError) -> [RecordedExchange] {
    try readHead()
    while index < lines.count { try readSection() }
    guard !kinds.isEmpty else { throw fault("there is no line 'operation: …'", at: 0) }
    guard !exchange.answers.isEmpty else {
      throw fault("there is no answer: a line such as '--- GET /v1/models'", at: index)
    }
    return kinds.map { kind in
      var one = RecordedExchange(name: kinds.count == 1 ? name : "\(name).\(kind.name)")
      one.kind = kind
      one.type = exchange.type
      one.model = exchange.model
      one.stream = exchange.stream
      one.expectation = exchange.expectation
      one.body = exchange.body
      one.answers = exchange.answers
      return one
    }
  }

  private func fault(_ reason: String, at index: Int) -> ExchangeError {
    ExchangeError(line: min(index + 1, lines.count), reason: reason)
  }

  private func text(_ line: ArraySlice<UInt8>) throws(ExchangeError) -> String {
    guard let text = String(validating: line, as: UTF8.self) else {
      throw fault("the line is not UTF-8", at: index)
    }
    return text.last == "\r" ? String(text.dropLast()) : text
  }

  /// The lines up to the first section: `key: value`, comments and blank ones.
  private mutating func readHead() throws(ExchangeError) {
    while index < lines.count, !lines[index].starts(with: Self.mark) {
      let line = try text(lines[index])
      if !line.isEmpty, !line.hasPrefix("#") { try readKey(line) }
      index += 1
    }
  }

  private static let mark = Array("--- ".utf8)

  private mutating func readKey(_ line: String) throws(ExchangeError) {
    guard let (key, value) = Self.split(line) else {
      throw fault("'\(line.prefix(40))' is no 'key: value'", at: index)
    }
    switch key {
    case "operation":
      for word in value.split(whereSeparator: { $0 == "," || $0 == " " }) {
        guard let kind = OperationKind.allCases.first(where: { $0.name == word }) else {
          throw fault("there is no operation '\(word)'", at: index)
        }
        kinds.append(kind)
      }
    case "type": exchange.type = value
    case "model": exchange.model = value
    case "stream":
      guard value == "yes" || value == "no" else {
        throw fault("stream is yes or no", at: index)
      }
      exchange.stream = value == "yes"
    case "expect": exchange.expectation = .outcome(value)
    case "origin": break
    default:
      throw fault(
        "there is no key '\(key)'; known are operation, type, model, stream, expect and origin",
        at: index)
    }
  }

  /// A `key: value`; the value has no blanks at its ends.
  private static func split(_ line: String) -> (key: String, value: String)? {
    guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    let end = value.lastIndex { $0 != " " && $0 != "\t" }
    return (String(line[..<colon]), end.map { String(value[...$0]) } ?? "")
  }

  private mutating func readSection() throws(ExchangeError) {
    let words = try text(lines[index]).dropFirst(Self.mark.count).split(separator: " ")
    let start = index
    index += 1
    if words == ["body"] {
      exchange.body = try readBody()
      return
    }
    guard words.count == 2, words[0] == "*" || words[0].allSatisfy(\.isUppercase),
      words[1] == "*" || words[1].hasPrefix("/")
    else { throw fault("a section is '--- body' or '--- METHOD /path'", at: start) }
    let reply = try readReply()
    exchange.answers.append(
      .init(method: String(words[0]), path: String(words[1]), reply: reply))
  }

  /// A status with how the reply ends, the header fields, a blank line, and the body.
  private mutating func readReply() throws(ExchangeError) -> RecordedExchange.Reply {
    var reply = RecordedExchange.Reply()
    guard index < lines.count else { throw fault("a status is missing", at: index) }
    let words = try text(lines[index]).split(separator: " ")
    guard let first = words.first, let status = Int(first), status == 0 || (200...999) ~= status
    else { throw fault("an answer begins with its status, 0 for none", at: index) }
    reply.status = status
    if words.count == 3, words[1] == "broken", let cause = Self.causes[String(words[2])] {
      reply.ending = .broken(cause)
    } else if words.count != 1 || status == 0 {
      throw fault(
        "after the status there may be 'broken' and one of "
          + Self.causes.keys.sorted().joined(separator: ", "), at: index)
    }
    index += 1
    while index < lines.count, !lines[index].starts(with: Self.mark) {
      let line = try text(lines[index])
      if line.isEmpty {
        index += 1
        reply.body = try readBody()
        break
      }
      guard let field = Self.split(line) else {
        throw fault("'\(line.prefix(40))' is no header field", at: index)
      }
      reply.fields.append((field.key, field.value))
      index += 1
    }
    return reply
  }

  private static let causes: [String: BreakCause] = [
    "connect": .connect, "tls": .tls, "timeout": .timeout, "closed": .closed,
    "protocol": .protocol, "limit": .limit,
  ]

  /// All up to the next section; the line end before it belongs to nobody.
  private mutating func readBody() throws(ExchangeError) -> [UInt8] {
    let start = index
    while index < lines.count, !lines[index].starts(with: Self.mark) { index += 1 }
    let body = Array(lines[start..<index].joined(separator: [0x0A]))
    guard body.count <= 1 << 20 else { throw fault("a body of more than 1 MiB", at: start) }
    // A file ends with a line end, too.
    guard index == lines.count, body.last == 0x0A else { return body }
    return Array(body.dropLast())
  }
}
