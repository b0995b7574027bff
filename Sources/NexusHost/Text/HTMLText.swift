/// A piece of HTML, escaped by construction: what stands in a literal is markup, and what is put into
/// it is text.
///
/// ```swift
/// var list: HTMLText = "<ul>"
/// for name in names { list.add(#"<li title="\#(name)">\#(name)</li>"#) }
/// list.add("</ul>")
/// ```
///
/// Attribute values stand between double quotes, in which text is as safe as outside of tags. Literals
/// become markup only as they stand in the source (`StaticString`), so that nothing from outside can
/// become a tag.
public struct HTMLText: ExpressibleByStringInterpolation, Equatable, Sendable {
  /// Valid UTF-8, whatever was put in.
  public private(set) var bytes: [UInt8]

  public init() { bytes = [] }

  public init(stringLiteral literal: StaticString) {
    bytes = []
    JSONWriter.appendRaw(literal, to: &bytes)
  }

  public init(stringInterpolation parts: StringInterpolation) { bytes = parts.bytes }

  /// A file of our own that is markup, style or script as it is.
  public init(trusted file: [UInt8]) { bytes = file }

  public var isEmpty: Bool { bytes.isEmpty }

  /// Appends a piece.
  public mutating func add(_ piece: HTMLText) { bytes += piece.bytes }

  /// What `"\(value)"` in a literal appends.
  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var bytes: [UInt8] = []

    public init(literalCapacity: Int, interpolationCount: Int) {
      bytes.reserveCapacity(literalCapacity + interpolationCount * 16)
    }

    public mutating func appendLiteral(_ literal: StaticString) {
      JSONWriter.appendRaw(literal, to: &bytes)
    }

    public mutating func appendInterpolation(_ text: String) {
      HTMLText.escape(Array(text.utf8), to: &bytes)
    }

    /// Text in UTF-8; bytes that are not become U+FFFD.
    public mutating func appendInterpolation(_ text: [UInt8]) {
      HTMLText.escape(text, to: &bytes)
    }

    public mutating func appendInterpolation(_ number: some BinaryInteger) {
      bytes += Array(String(number).utf8)
    }

    /// Markup.
    public mutating func appendInterpolation(_ piece: HTMLText) { bytes += piece.bytes }

    /// A word of our own, such as the name of a class.
    public mutating func appendInterpolation(_ word: StaticString) {
      JSONWriter.appendRaw(word, to: &bytes)
    }
  }

  /// Appends text so that it stands for itself in elements and in quoted attributes
  /// (HTML standard §13.3). Control characters, which HTML does not know, become U+FFFD.
  private static func escape(_ text: [UInt8], to out: inout [UInt8]) {
    let bytes = text.span
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte >= 0x80 {
        let end = UTF8Sequence.runEnd(bytes, from: index)
        if end == index {
          out += [0xEF, 0xBF, 0xBD]
          index += 1
        } else {
          out.append(bytes, index..<end)
          index = end
        }
        continue
      }
      index += 1
      switch byte {
      case UInt8(ascii: "&"): JSONWriter.appendRaw("&amp;", to: &out)
      case UInt8(ascii: "<"): JSONWriter.appendRaw("&lt;", to: &out)
      case UInt8(ascii: ">"): JSONWriter.appendRaw("&gt;", to: &out)
      case UInt8(ascii: "\""): JSONWriter.appendRaw("&quot;", to: &out)
      case UInt8(ascii: "'"): JSONWriter.appendRaw("&#39;", to: &out)
      case 0x09, 0x0A: out.append(byte)
      case ..<0x20, 0x7F: out += [0xEF, 0xBF, 0xBD]
      default: out.append(byte)
      }
    }
  }
}
