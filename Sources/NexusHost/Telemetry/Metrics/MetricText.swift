import Text

/// Writes metrics as a page that Prometheus reads: a family's block after the other.
///
/// Formats: Prometheus text 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) and OpenMetrics
/// 1.0 (RFC draft of the CNCF), which names families without their counters' suffix, writes bounds as
/// floats, can give an example for a bucket, and ends with a line of its own.
public struct MetricText {
  public enum Format: Sendable {
    case prometheus, openMetrics

    /// The page's media type.
    public var contentType: StaticString {
      switch self {
      case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
      case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      }
    }
  }

  /// The values of a series' labels, written as they stand between the braces.
  public typealias Labels = [UInt8]

  public let format: Format
  /// The page so far.
  public private(set) var bytes: [UInt8] = []
  private var family: MetricFamily
  private var name: [UInt8] = []
  /// For each bucket of a histogram what stands between its labels and its count.
  private var marks: [[UInt8]] = []

  /// `capacity`: about how many bytes it will have.
  public init(_ format: Format, capacity: Int = 0) {
    self.format = format
    family = MetricTable.buildInfo
    bytes.reserveCapacity(capacity)
  }

  /// Writes labels; names and values come in pairs of which the names are harmless.
  public static func labels(_ pairs: [(String, String)]) -> Labels {
    var result: Labels = []
    for (name, value) in pairs {
      if !result.isEmpty { result.append(UInt8(ascii: ",")) }
      result += name.utf8
      result += "=\"".utf8
      escape(value, quotes: true, to: &result)
      result.append(UInt8(ascii: "\""))
    }
    return result
  }

  /// Begins the block of a family; its samples have to follow before the next begins.
  public mutating func begin(_ family: MetricFamily) {
    self.family = family
    name = Array(family.name.utf8)
    let title = format == .openMetrics ? family.openName : family.name
    bytes += "# HELP \(title) ".utf8
    Self.escape(family.help, quotes: format == .openMetrics, to: &bytes)
    bytes += "\n# TYPE \(title) \(family.kind.rawValue)\n".utf8
    marks = family.kind == .histogram ? makeMarks() : []
  }

  /// A sample of a counter or a gauge, in the family's units.
  public mutating func sample(_ labels: Labels = [], _ value: UInt64) {
    bytes += name
    appendLabels(labels)
    appendNumber(value)
    bytes.append(Self.newline)
  }

  /// The same where the value may be below zero.
  public mutating func sample(_ labels: Labels = [], signed value: Int64) {
    bytes += name
    appendLabels(labels)
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    appendNumber(value.magnitude)
    bytes.append(Self.newline)
  }

  /// The samples of a histogram. `example`: a request that fell into a bucket.
  public mutating func histogram(
    _ labels: Labels = [], _ reading: DistributionReading,
    example: (Int) -> Exemplars.Entry? = { _ in nil }
  ) {
    var total: UInt64 = 0
    for (bucket, mark) in marks.enumerated() {
      total &+= reading.counts[bucket]
      bytes += name
      bytes += Self.bucketSuffix
      bytes += labels
      if !labels.isEmpty { bytes.append(UInt8(ascii: ",")) }
      bytes += mark
      append(decimal: total)
      if format == .openMetrics, reading.counts[bucket] > 0, let example = example(bucket) {
        append(example)
      }
      bytes.append(Self.newline)
    }
    bytes += name
    bytes += Self.sumSuffix
    appendLabels(labels)
    appendNumber(reading.sum)
    bytes.append(Self.newline)
    bytes += name
    bytes += Self.countSuffix
    appendLabels(labels)
    append(decimal: total)
    bytes.append(Self.newline)
  }

  /// Ends the page.
  public mutating func end() {
    if format == .openMetrics { bytes += "# EOF\n".utf8 }
  }

  // MARK: Parts of lines

  private static let newline = UInt8(ascii: "\n")
  private static let bucketSuffix = Array("_bucket{".utf8)
  private static let sumSuffix = Array("_sum".utf8)
  private static let countSuffix = Array("_count".utf8)

  private func makeMarks() -> [[UInt8]] {
    let bounds = family.bounds.prefix(Distribution.most).map { bound in
      let text = Self.decimal(bound, digits: family.digits)
      return format == .openMetrics && !text.contains(".") ? text + ".0" : text
    }
    return (bounds + ["+Inf"]).map { Array("le=\"\($0)\"} ".utf8) }
  }

  private mutating func appendLabels(_ labels: Labels) {
    if !labels.isEmpty {
      bytes.append(UInt8(ascii: "{"))
      bytes += labels
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: " "))
  }

  private mutating func append(_ example: Exemplars.Entry) {
    bytes += " # {request_id=\"".utf8
    Self.escape(String(decoding: example.id, as: UTF8.self), quotes: true, to: &bytes)
    bytes += "\"} ".utf8
    appendNumber(example.value)
  }

  private mutating func appendNumber(_ value: UInt64) {
    guard family.digits > 0 else { return append(decimal: value) }
    bytes += Self.decimal(value, digits: family.digits).utf8
  }

  private mutating func append(decimal value: UInt64) {
    guard value >= 10 else { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
    let start = bytes.count
    var rest = value
    while rest > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    bytes[start...].reverse()
  }

  /// The number value / 10^digits, exactly and without an exponent.
  static func decimal(_ value: UInt64, digits: Int) -> String {
    guard digits > 0 else { return String(value) }
    var scale: UInt64 = 1
    for _ in 0..<digits { scale &*= 10 }
    let whole = String(value / scale)
    var fraction = value % scale
    guard fraction > 0 else { return whole }
    var width = digits
    while fraction % 10 == 0 {
      fraction /= 10
      width -= 1
    }
    let text = String(fraction)
    return "\(whole).\(String(repeating: "0", count: width - text.utf8.count))\(text)"
  }

  private static func escape(_ text: String, quotes: Bool, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\"") where quotes: bytes += "\\\"".utf8
      default: bytes.append(byte)
      }
    }
  }
}

extension MetricText.Format {
  /// The format for a client that names what it takes (RFC 9110 §12.5.1): OpenMetrics if it is named
  /// with no less weight than plain text.
  public init(accept: String) {
    let open = AcceptField.quality(in: accept) { type, parameters in
      type == "application/openmetrics-text"
        && parameters.first { $0.hasPrefix("version=") }.map(Self.isOurs) ?? true
    }
    let plain = AcceptField.quality(in: accept) { type, _ in type == "text/plain" }
    self = open > 0 && open >= plain ? .openMetrics : .prometheus
  }

  private static func isOurs(_ version: String) -> Bool {
    ["1.0.0", "0.0.1"].contains(version.dropFirst(8).filter { $0 != "\"" })
  }
}
