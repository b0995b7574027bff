import Text

/// The query of a request target: "a=1&b=2", percent-decoded. A "+" stands for itself (RFC 3986 §3.4),
/// but for a blank in what a form of a page sends (URL standard §5.1).
struct QueryFields: Equatable {
  private var fields: [(name: String, value: String)] = []

  /// Reads what stands behind the first "?" of a target.
  init(_ bytes: Span<UInt8>, _ target: Range<Int>, isForm: Bool = false) {
    var start = target.lowerBound
    while start < target.upperBound, bytes[start] != UInt8(ascii: "?") { start += 1 }
    start += 1
    while start < target.upperBound {
      var end = start
      var equals: Int?
      while end < target.upperBound, bytes[end] != UInt8(ascii: "&") {
        if equals == nil, bytes[end] == UInt8(ascii: "=") { equals = end }
        end += 1
      }
      if end > start {
        add(bytes, start..<(equals ?? end), (equals.map { $0 + 1 } ?? end)..<end, isForm)
      }
      start = end + 1
    }
  }

  /// The names in order.
  var names: [String] { fields.map(\.name) }

  /// The value of the first field of that name; empty if it has none.
  subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The fields of those names that have a value.
  func filled(_ names: [String]) -> QueryFields {
    var other = self
    other.fields.removeAll { $0.value.isEmpty || !names.contains($0.name) }
    return other
  }

  private mutating func add(
    _ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>, _ isForm: Bool
  ) {
    func text(_ range: Range<Int>) -> String {
      guard isForm else {
        return String(decoding: PercentCoding.decode(bytes, range), as: UTF8.self)
      }
      let blank = UInt8(ascii: " ")
      let plain = range.map { bytes[$0] == UInt8(ascii: "+") ? blank : bytes[$0] }
      return String(decoding: PercentCoding.decode(plain.span, 0..<plain.count), as: UTF8.self)
    }
    fields.append((text(name), text(value)))
  }

  static func == (left: QueryFields, right: QueryFields) -> Bool {
    left.fields.elementsEqual(right.fields) { $0 == $1 }
  }
}
