/// Builds one JSON text: the host's own answers, such as error bodies and model lists. Commas and
/// escapes are its business, so the result is always valid (RFC 8259).
///
/// ```swift
/// let body = JSONText.object {
///   $0.member("object", "list")
///   $0.array("data") { for id in ids { $0.object { $0.member("id", id) } } }
/// }
/// ```
public struct JSONText {
  /// The text so far.
  public private(set) var bytes: [UInt8] = []
  /// Whether the next value of the open container needs a comma before it.
  private var continues = false

  /// A text that is one object, whose members `body` writes.
  public static func object(_ body: (inout JSONText) -> Void) -> [UInt8] {
    var text = JSONText()
    text.object(body)
    return text.bytes
  }

  /// A text that is one array, whose elements `body` writes.
  public static func array(_ body: (inout JSONText) -> Void) -> [UInt8] {
    var text = JSONText()
    text.array(body)
    return text.bytes
  }

  /// Writes an element.
  public mutating func value(_ value: some JSONTextValue) {
    separate()
    value.appendJSON(to: &bytes)
  }

  /// Writes an object as an element.
  public mutating func object(_ body: (inout JSONText) -> Void) {
    container(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  /// Writes an array as an element.
  public mutating func array(_ body: (inout JSONText) -> Void) {
    container(UInt8(ascii: "["), UInt8(ascii: "]"), body)
  }

  /// Writes an element that is JSON already. The caller has checked it.
  public mutating func raw(_ json: [UInt8]) {
    separate()
    bytes += json
  }

  /// Writes a member.
  public mutating func member(_ name: String, _ value: some JSONTextValue) {
    key(name)
    self.value(value)
  }

  /// Writes a member whose value `body` writes, which is to be one.
  public mutating func member(_ name: String, _ body: (inout JSONText) -> Void) {
    key(name)
    body(&self)
  }

  /// Writes a member whose value is an object.
  public mutating func object(_ name: String, _ body: (inout JSONText) -> Void) {
    key(name)
    object(body)
  }

  /// Writes a member whose value is an array.
  public mutating func array(_ name: String, _ body: (inout JSONText) -> Void) {
    key(name)
    array(body)
  }

  /// Writes a member whose value is JSON already. The caller has checked it.
  public mutating func raw(_ name: String, _ json: [UInt8]) {
    key(name)
    raw(json)
  }

  private mutating func key(_ name: String) {
    value(name)
    bytes.append(UInt8(ascii: ":"))
    continues = false
  }

  private mutating func container(
    _ open: UInt8, _ close: UInt8, _ body: (inout JSONText) -> Void
  ) {
    separate()
    bytes.append(open)
    continues = false
    body(&self)
    bytes.append(close)
    continues = true
  }

  private mutating func separate() {
    if continues { bytes.append(UInt8(ascii: ",")) }
    continues = true
  }
}

/// What can stand in a `JSONText` by itself.
public protocol JSONTextValue {
  /// Appends the value as JSON.
  func appendJSON(to out: inout [UInt8])
}

extension String: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) { JSONWriter.appendString(Array(utf8), to: &out) }
}

/// Bytes are text in UTF-8; those that are not become U+FFFD.
extension Array: JSONTextValue where Element == UInt8 {
  public func appendJSON(to out: inout [UInt8]) { JSONWriter.appendString(self, to: &out) }
}

extension StaticString: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) { JSONWriter.appendString(self, to: &out) }
}

extension Bool: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) { JSONWriter.appendBool(self, to: &out) }
}

extension Int64: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) { JSONWriter.appendInteger(self, to: &out) }
}

extension Int: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) { JSONWriter.appendInteger(Int64(self), to: &out) }
}

extension UInt64: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) { out += Array(String(self).utf8) }
}

/// JSON has no word for infinity and NaN: they become null.
extension Double: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) {
    out += isFinite ? Array(description.utf8) : Array("null".utf8)
  }
}

/// Nothing is null.
extension Optional: JSONTextValue where Wrapped: JSONTextValue {
  public func appendJSON(to out: inout [UInt8]) {
    if let self { self.appendJSON(to: &out) } else { out += Array("null".utf8) }
  }
}
