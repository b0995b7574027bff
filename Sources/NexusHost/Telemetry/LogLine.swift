import Config
import Text

/// One line of the log as text: moment, level, component, message and `key=value` pairs.
enum LogLine {
  /// Longest line in bytes, its end included; a pipe takes that much at once or not at all.
  static let longest = 4_096

  /// The line for people, without colours. What a peer sent cannot forge a line: control
  /// characters become "?". A field without a value is left out.
  static func make(
    unixSeconds: Int64, level: LogLevel, component: StaticString, message: String,
    fields: KeyValuePairs<StaticString, String>
  ) -> [UInt8] {
    var line = Array(UTCTime(unixSeconds: unixSeconds).text.utf8)
    let name = level.rawValue
    line += Array(" \(name)\(String(repeating: " ", count: 6 - name.utf8.count))".utf8)
    line += Array("\(component): ".utf8)
    append(message, to: &line)
    for (key, value) in fields where !value.isEmpty {
      line += Array(" \(key)=".utf8)
      appendValue(value, to: &line)
    }
    if line.count >= longest { line = cut(line) }
    line.append(0x0A)
    return line
  }

  private static func append(_ text: String, to line: inout [UInt8]) {
    for byte in text.utf8 { line.append(byte < 0x20 || byte == 0x7F ? 0x3F : byte) }
  }

  /// A value with blanks, quotes or "=" in it stands in quotes.
  private static func appendValue(_ value: String, to line: inout [UInt8]) {
    let plain = !value.utf8.contains { $0 == 0x20 || $0 == 0x22 || $0 == 0x3D }
    guard !plain else { return append(value, to: &line) }
    line.append(0x22)
    for byte in value.utf8 {
      if byte == 0x22 || byte == 0x5C { line.append(0x5C) }
      line.append(byte < 0x20 || byte == 0x7F ? 0x3F : byte)
    }
    line.append(0x22)
  }

  private static func cut(_ line: [UInt8]) -> [UInt8] {
    let mark = Array("...".utf8)
    var end = longest - 1 - mark.count
    while end > 0, line[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(line[..<end]) + mark
  }
}
