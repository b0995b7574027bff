import Text

/// Writes spans as the body of a delivery: an ExportTraceServiceRequest of OTLP 1 in the JSON form of
/// Protocol Buffers, with what OTLP says of it (opentelemetry.io/docs/specs/otlp, "JSON Protobuf
/// Encoding"): ids in hexadecimal, numbers of 64 bits as strings, enumerations as numbers.
public struct TraceText {
  /// The body so far.
  public private(set) var bytes: [UInt8] = []
  /// How many spans are in it.
  public private(set) var count = 0
  /// Whether the next element of the open list needs a comma before it.
  private var continues = false

  /// Begins a body. `resource` writes what describes the program; `version`: its own.
  public init(version: String, resource: (inout TraceText) -> Void) {
    raw("{\"resourceSpans\":[{\"resource\":{\"attributes\":[")
    resource(&self)
    raw("]},\"scopeSpans\":[{\"scope\":{\"name\":\"nexus\",\"version\":")
    string(version)
    raw("},\"spans\":[")
    continues = false
  }

  /// Writes a span and, in `attributes`, what is said of it.
  public mutating func span(_ span: TraceSpan, _ attributes: (inout TraceText) -> Void) {
    separate()
    raw("{\"traceId\":\"")
    span.context.trace.append(to: &bytes)
    raw("\",\"spanId\":\"")
    HexDigits.append(span.context.span, to: &bytes)
    if let parent = span.parent {
      raw("\",\"parentSpanId\":\"")
      HexDigits.append(parent, to: &bytes)
    }
    raw("\",\"flags\":")
    JSONWriter.appendInteger(Self.flags(of: span), to: &bytes)
    raw(",\"name\":")
    string(span.name)
    raw(",\"kind\":")
    JSONWriter.appendInteger(span.kind.rawValue, to: &bytes)
    raw(",\"startTimeUnixNano\":\"")
    JSONWriter.appendInteger(span.start, to: &bytes)
    raw("\",\"endTimeUnixNano\":\"")
    JSONWriter.appendInteger(max(span.start, span.end), to: &bytes)
    raw("\",\"attributes\":[")
    continues = false
    attributes(&self)
    raw("]")
    if let failure = span.failure {
      raw(",\"status\":{\"code\":2")
      if !failure.isEmpty {
        raw(",\"message\":")
        string(failure)
      }
      raw("}")
    }
    raw("}")
    continues = true
    count += 1
  }

  /// Ends the body.
  public mutating func end() { raw("]}]}]}") }

  // MARK: Attributes

  public mutating func attribute(_ key: StaticString, _ value: String) {
    attribute(key, Array(value.utf8))
  }

  /// A text in UTF-8; what is none becomes U+FFFD.
  public mutating func attribute(_ key: StaticString, _ value: [UInt8]) {
    begin(key, "stringValue")
    JSONWriter.appendString(value, to: &bytes)
    raw("}}")
  }

  public mutating func attribute(_ key: StaticString, _ value: StaticString) {
    begin(key, "stringValue")
    JSONWriter.appendString(value, to: &bytes)
    raw("}}")
  }

  public mutating func attribute(_ key: StaticString, _ value: Int64) {
    begin(key, "intValue")
    raw("\"")
    JSONWriter.appendInteger(value, to: &bytes)
    raw("\"}}")
  }

  /// Infinity and NaN are left out.
  public mutating func attribute(_ key: StaticString, _ value: Double) {
    guard value.isFinite else { return }
    begin(key, "doubleValue")
    bytes += value.description.utf8
    raw("}}")
  }

  public mutating func attribute(_ key: StaticString, _ value: Bool) {
    begin(key, "boolValue")
    JSONWriter.appendBool(value, to: &bytes)
    raw("}}")
  }

  // MARK: Parts

  /// The flags of its context, and whether its parent is another program's, as SpanFlags of OTLP has
  /// them.
  private static func flags(of span: TraceSpan) -> Int64 {
    let knowsParent: Int64 = 0x100
    let isRemote: Int64 = 0x200
    return (span.context.isSampled ? 1 : 0) | knowsParent | (span.isParentRemote ? isRemote : 0)
  }

  private mutating func begin(_ key: StaticString, _ type: StaticString) {
    separate()
    raw("{\"key\":\"")
    raw(key)
    raw("\",\"value\":{\"")
    raw(type)
    raw("\":")
  }

  private mutating func separate() {
    if continues { bytes.append(UInt8(ascii: ",")) }
    continues = true
  }

  private mutating func raw(_ text: StaticString) { JSONWriter.appendRaw(text, to: &bytes) }

  private mutating func string(_ text: String) {
    JSONWriter.appendString(Array(text.utf8), to: &bytes)
  }
}
