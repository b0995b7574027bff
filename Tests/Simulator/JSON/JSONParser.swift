/// Where a text stops being JSON, and what was expected there.
struct JSONError: Error {
  let offset: Int
  let message: String
}

/// A plain recursive JSON reader (RFC 8259), for request bodies.
struct JSONParser {
  private let input: [UInt8]
  private var at = 0
  private static let deepest = 200

  static func parse(_ input: [UInt8]) throws(JSONError) -> JSON {
    var parser = JSONParser(input: input)
    let value = try parser.value(depth: 0)
    parser.skipBlanks()
    guard parser.at == input.count else { throw parser.bad("end of input") }
    return value
  }

  private init(input: [UInt8]) { self.input = input }

  private func bad(_ expected: String) -> JSONError {
    JSONError(offset: at, message: "expected \(expected)")
  }

  private mutating func skipBlanks() {
    while at < input.count, [0x20, 0x0a, 0x0d, 0x09].contains(input[at]) { at += 1 }
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard at < input.count, input[at] == UInt8(ascii: byte) else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    skipBlanks()
    guard at < input.count, depth < JSONParser.deepest else { throw bad("a value") }
    switch input[at] {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let expected = Array(String(describing: text).utf8)
    guard input[at...].starts(with: expected) else { throw bad("a value") }
    at += expected.count
    return value
  }

  private mutating func object(_ depth: Int) throws(JSONError) -> JSON {
    at += 1
    var members: [JSON.Member] = []
    if take("}") { return .object([]) }
    repeat {
      skipBlanks()
      guard at < input.count, input[at] == UInt8(ascii: "\"") else { throw bad("a key") }
      let key = try string()
      guard take(":") else { throw bad("':'") }
      members.append(JSON.Member(key: key, value: try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw bad("'}'") }
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws(JSONError) -> JSON {
    at += 1
    var items: [JSON] = []
    if take("]") { return .array([]) }
    repeat { items.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw bad("']'") }
    return .array(items)
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = at
    while at < input.count, "+-0123456789.eE".utf8.contains(input[at]) { at += 1 }
    let text = String(decoding: input[start..<at], as: UTF8.self)
    if let whole = Int(text) { return .int(whole) }
    guard let number = Double(text) else {
      at = start
      throw bad("a value")
    }
    return .double(number)
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    var bytes: [UInt8] = []
    while at < input.count {
      let byte = input[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &bytes)
      case 0..<0x20: throw bad("no control character")
      default: bytes.append(byte)
      }
    }
    throw bad("'\"'")
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(JSONError) {
    guard at < input.count else { throw bad("an escape") }
    let byte = input[at]
    at += 1
    switch byte {
    case UInt8(ascii: "n"): bytes.append(0x0a)
    case UInt8(ascii: "r"): bytes.append(0x0d)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0c)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "u"): try codePoint(into: &bytes)
    default: throw bad("an escape")
    }
  }

  private mutating func codePoint(into bytes: inout [UInt8]) throws(JSONError) {
    var unit = try hex4()
    if 0xd800..<0xdc00 ~= unit, at + 6 <= input.count, input[at] == UInt8(ascii: "\\") {
      at += 2
      let low = try hex4()
      if 0xdc00..<0xe000 ~= low { unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00) }
    }
    bytes += String(Character(Unicode.Scalar(unit) ?? "\u{fffd}")).utf8
  }

  private mutating func hex4() throws(JSONError) -> UInt32 {
    guard at + 4 <= input.count,
      let unit = UInt32(String(decoding: input[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw bad("four hex digits") }
    at += 4
    return unit
  }
}
