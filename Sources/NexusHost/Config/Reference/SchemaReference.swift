import Text

/// docs/nexus.schema.json: the table of keys as JSON Schema (draft-07), with which editors complete
/// and check a file.
public enum SchemaReference {
  public static func text() -> String {
    let bytes = JSONText.object { text in
      text.member("$schema", "http://json-schema.org/draft-07/schema#")
      text.member("title", "Configuration of Nexus (nexus.toml)")
      appendSection("", to: &text)
    }
    return IndentedJSON.text(bytes) + "\n"
  }

  /// The members of the schema of a section; "" is the top of the file.
  private static func appendSection(_ path: String, to text: inout JSONText) {
    text.member("type", "object")
    text.member("additionalProperties", false)
    let keys = DocumentedKey.all.filter { $0.key.section == path }
    let required = keys.filter(\.key.isRequired).map(\.key.name)
    if !required.isEmpty { text.array("required") { for name in required { $0.value(name) } } }
    text.object("properties") { properties in
      for documented in keys {
        properties.object(documented.key.name) { append(documented, to: &$0) }
      }
      for section in sections(in: path) {
        properties.object(section.plainName) { append(section, to: &$0) }
      }
    }
  }

  private static func append(_ section: SettingSection, to text: inout JSONText) {
    text.member("description", section.meaning)
    guard section.isArray else { return appendSection(section.path, to: &text) }
    text.member("type", "array")
    text.object("items") { appendSection(section.path, to: &$0) }
  }

  private static func append(_ documented: DocumentedKey, to text: inout JSONText) {
    let notes = documented.notes.map { " \($0)" }.joined()
    text.member("description", documented.key.meaning + notes)
    appendKind(documented.key.kind, to: &text)
    if let standard = documented.standard { text.raw("default", json(standard)) }
  }

  private static func appendKind(_ kind: SettingKind, to text: inout JSONText) {
    switch kind {
    case .text, .host, .path, .glob, .levels:
      text.member("type", "string")
      text.member("minLength", 1)
    case .url:
      text.member("type", "string")
      text.member("pattern", "^([hH][tT][tT][pP][sS]?://)?[^/?#@]+(/[^?#]*)?$")
    case .variable:
      text.member("type", "string")
      text.member("pattern", "^[A-Za-z_][A-Za-z0-9_]*$")
    case .whole(let range):
      text.member("type", "integer")
      text.member("minimum", range.lowerBound)
      text.member("maximum", range.upperBound)
    case .number(let range):
      text.member("type", "number")
      text.member("minimum", range.lowerBound)
      text.member("maximum", range.upperBound)
    case .size(let range):
      text.array("oneOf") { list in
        list.object { appendKind(.whole(range), to: &$0) }
        list.object {
          $0.member("type", "string")
          $0.member("pattern", "^[0-9]+([kKmMgG]([iI]?[bB])?|[bB])?$")
        }
      }
    case .flag: text.member("type", "boolean")
    case .word(let words, _): text.array("enum") { for word in words { $0.value(word) } }
    case .list:
      text.member("type", "array")
      text.object("items") { appendKind(.text, to: &$0) }
    case .wholes(let range):
      text.member("type", "array")
      text.object("items") { appendKind(.whole(range), to: &$0) }
    case .map(let kind):
      text.member("type", "object")
      text.object("additionalProperties") { appendKind(kind, to: &$0) }
    }
  }

  /// Values that need no more than themselves are written alike in TOML and JSON.
  private static func json(_ toml: String) -> [UInt8] { Array(toml.utf8) }

  private static func sections(in path: String) -> [SettingSection] {
    DocumentedKey.sections.filter { section in
      let parent = section.path.split(separator: ".").dropLast().joined(separator: ".")
      return parent == path
    }
  }
}

extension SettingSection {
  /// The last part of the path without "[]".
  fileprivate var plainName: String {
    let last = path.split(separator: ".").last ?? ""
    return String(isArray ? last.dropLast(2) : last)
  }
}

/// JSON with a line for each member.
enum IndentedJSON {
  /// `bytes` must be JSON without blanks, such as `JSONText` writes.
  static func text(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var depth = 0
    var isInString = false
    var isEscaped = false
    func newLine() { out += [0x0A] + Array(repeating: 0x20, count: depth * 2) }
    for byte in bytes {
      if isInString {
        out.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        out.append(byte)
        depth += 1
        newLine()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        newLine()
        out.append(byte)
      case UInt8(ascii: ","):
        out.append(byte)
        newLine()
      case UInt8(ascii: ":"): out += [byte, 0x20]
      default:
        isInString = byte == UInt8(ascii: "\"")
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
