import Text

/// Puts a JSON text together, member by member, one line in all.
struct JSONText {
  private var bytes: [UInt8] = []
  // Whether the next value needs a comma before it.
  private var follows = false

  /// The text, with a newline at its end.
  var text: String { String(decoding: bytes, as: UTF8.self) + "\n" }

  mutating func open(_ bracket: StaticString) {
    separate()
    JSONWriter.appendRaw(bracket, to: &bytes)
    follows = false
  }

  mutating func close(_ bracket: StaticString) {
    JSONWriter.appendRaw(bracket, to: &bytes)
    follows = true
  }

  mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    follows = false
  }

  mutating func string(_ value: String) {
    separate()
    JSONWriter.appendString(Array(value.utf8), to: &bytes)
    follows = true
  }

  mutating func number(_ value: Int64) {
    separate()
    JSONWriter.appendInteger(value, to: &bytes)
    follows = true
  }

  mutating func field(_ name: String, _ value: String) {
    key(name)
    string(value)
  }

  mutating func field(_ name: String, _ value: Int64) {
    key(name)
    number(value)
  }

  mutating func field(_ name: String, _ values: [String]) {
    key(name)
    open("[")
    for value in values { string(value) }
    close("]")
  }

  mutating func field(_ name: String, _ values: [Int64]) {
    key(name)
    open("[")
    for value in values { number(value) }
    close("]")
  }

  private mutating func separate() {
    if follows { bytes.append(UInt8(ascii: ",")) }
  }
}
