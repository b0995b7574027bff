/// A JSON value whose objects keep the order of their keys: imitations must write what they imitate.
enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  struct Member: Equatable, Sendable {
    let key: String
    let value: JSON
  }

  subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key == key }?.value
  }

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
  var isObject: Bool { if case .object = self { true } else { false } }

  var int: Int? {
    switch self {
    case .int(let number): number
    case .double(let number) where abs(number) < 1e15: Int(number)
    default: nil
    }
  }

  /// The text, compact as most servers write it, or with Python's blanks after `,` and `:`.
  func text(spaced: Bool = false) -> String {
    var out = ""
    write(into: &out, comma: spaced ? ", " : ",", colon: spaced ? ": " : ":")
    return out
  }

  var bytes: [UInt8] { Array(text().utf8) }

  private func write(into out: inout String, comma: String, colon: String) {
    switch self {
    case .null: out += "null"
    case .bool(let flag): out += flag ? "true" : "false"
    case .int(let number): out += String(number)
    case .double(let number): out += number.isFinite ? String(number) : "null"
    case .string(let text): JSON.quote(text, into: &out)
    case .array(let items):
      out += "["
      for (index, item) in items.enumerated() {
        if index > 0 { out += comma }
        item.write(into: &out, comma: comma, colon: colon)
      }
      out += "]"
    case .object(let members):
      out += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { out += comma }
        JSON.quote(member.key, into: &out)
        out += colon
        member.value.write(into: &out, comma: comma, colon: colon)
      }
      out += "}"
    }
  }

  private static func quote(_ text: String, into out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}

extension JSON: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .int(value) }
  init(floatLiteral value: Double) { self = .double(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(nilLiteral: ()) { self = .null }
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }

  init(_ text: String?) { self = text.map { .string($0) } ?? .null }
  init(strings: [String]) { self = .array(strings.map { .string($0) }) }

  /// The same object with more members at its end.
  func adding(_ more: JSON) -> JSON {
    guard case .object(let mine) = self, case .object(let others) = more else { return self }
    return .object(mine + others)
  }
}
