import Text

/// The query of a request target: "a=1&b=2", percent-decoded. A "+" stands for itself (RFC 3986 §3.4).
struct QueryFields: Equatable {
  private var fields: [(name: String, value: String)] = []

  /// Reads what stands behind the first "?" of a target.
  init(_ bytes: Span<UInt8>, _ target: Range<Int>) {
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
      if end > start { add(bytes, start..<(equals ?? end), (equals.map { $0 + 1 } ?? end)..<end) }
      start = end + 1
    }
  }

  /// The names in order.
  var names: [String] { fields.map(\.name) }

  /// The value of the first field of that name; empty if it has none.
  subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  private mutating func add(_ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>) {
    fields.append(
      (
        String(decoding: PercentCoding.decode(bytes, name), as: UTF8.self),
        String(decoding: PercentCoding.decode(bytes, value), as: UTF8.self)
      ))
  }

  static func == (left: QueryFields, right: QueryFields) -> Bool {
    left.fields.elementsEqual(right.fields) { $0 == $1 }
  }
}
