import Foundation

/// A slow JSON validator that follows the grammar of RFC 8259 line by line, to compare with.
struct ReferenceJSON {
  private let text: [UInt8]
  private var at = 0

  /// Whether `text` is one JSON value in UTF-8, nested at most 128 deep.
  static func accepts(_ text: [UInt8]) -> Bool {
    guard String(validating: text, as: UTF8.self) != nil else { return false }
    var reader = ReferenceJSON(text: text)
    reader.space()
    guard reader.value(depth: 0) else { return false }
    reader.space()
    return reader.at == text.count
  }

  private init(text: [UInt8]) { self.text = text }

  private var next: Character? { at < text.count ? Character(UnicodeScalar(text[at])) : nil }

  private mutating func take(_ wanted: Character) -> Bool {
    guard next == wanted else { return false }
    at += 1
    return true
  }

  private mutating func takeAny(of wanted: String) -> Bool {
    guard let next, wanted.contains(next) else { return false }
    at += 1
    return true
  }

  private mutating func space() {
    while at < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[at]) { at += 1 }
  }

  private mutating func value(depth: Int) -> Bool {
    switch next {
    case "{": return container(depth: depth, close: "}", keys: true)
    case "[": return container(depth: depth, close: "]", keys: false)
    case "\"": return string()
    case "t": return word("true")
    case "f": return word("false")
    case "n": return word("null")
    default: return number()
    }
  }

  private mutating func container(depth: Int, close: Character, keys: Bool) -> Bool {
    guard depth < 128 else { return false }
    at += 1
    space()
    if take(close) { return true }
    while true {
      if keys {
        guard string() else { return false }
        space()
        guard take(":") else { return false }
        space()
      }
      guard value(depth: depth + 1) else { return false }
      space()
      if take(close) { return true }
      guard take(",") else { return false }
      space()
    }
  }

  private mutating func word(_ word: String) -> Bool { word.allSatisfy { take($0) } }

  private mutating func string() -> Bool {
    guard take("\"") else { return false }
    while at < text.count {
      if take("\"") { return true }
      if take("\\") {
        if take("u") {
          for _ in 0..<4 where !takeAny(of: "0123456789abcdefABCDEF") { return false }
        } else if !takeAny(of: "\"\\/bfnrt") {
          return false
        }
      } else if text[at] < 0x20 {
        return false
      } else {
        at += 1
      }
    }
    return false
  }

  private mutating func number() -> Bool {
    _ = take("-")
    if !take("0") { guard digits() else { return false } }
    if take(".") { guard digits() else { return false } }
    if takeAny(of: "eE") {
      _ = takeAny(of: "+-")
      return digits()
    }
    return true
  }

  private mutating func digits() -> Bool {
    guard takeAny(of: "0123456789") else { return false }
    while takeAny(of: "0123456789") {}
    return true
  }
}
