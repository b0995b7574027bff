/// Reads gauges from the text format that Prometheus scrapes (exposition format 0.0.4).
public struct PrometheusText {
  private let text: [UInt8]

  public init(_ text: [UInt8]) { self.text = text }

  /// Calls `body` with labels (as written, without braces) and value of each sample of `name`.
  /// Samples that are not numbers (NaN, infinite) are left out.
  public func forEachSample(
    _ name: StaticString, _ body: (_ labels: [UInt8], _ value: Double) -> Void
  ) {
    let span = text.span
    var start = 0
    while start < span.count {
      let end = ByteSearch.firstIndex(of: 0x0A, in: span, from: start)
      if ByteText.matches(name, span, at: start) {
        sample(span, (start + name.utf8CodeUnitCount)..<end, body)
      }
      start = end + 1
    }
  }

  /// The sum over all samples of `name`, or nil if there is none.
  public func sum(_ name: StaticString) -> Double? {
    var sum: Double?
    forEachSample(name) { _, value in sum = (sum ?? 0) + value }
    return sum
  }

  /// The largest sample of `name`, or nil if there is none.
  public func maximum(_ name: StaticString) -> Double? {
    var largest: Double?
    forEachSample(name) { _, value in largest = max(largest ?? value, value) }
    return largest
  }

  /// Reads what follows a name that may be only the beginning of another name.
  private func sample(_ span: Span<UInt8>, _ range: Range<Int>, _ body: ([UInt8], Double) -> Void) {
    guard range.lowerBound < range.upperBound else { return }
    var labels: [UInt8] = []
    var offset = range.lowerBound
    if span[offset] == UInt8(ascii: "{") {
      guard let close = closingBrace(span, (offset + 1)..<range.upperBound) else { return }
      labels.append(span, (offset + 1)..<close)
      offset = close + 1
    } else if span[offset] != 0x20 {
      return
    }
    while offset < range.upperBound, span[offset] == 0x20 { offset += 1 }
    var end = offset
    while end < range.upperBound, span[end] != 0x20, span[end] != 0x0D { end += 1 }
    var number: [UInt8] = []
    number.append(span, offset..<end)
    if number.first == UInt8(ascii: "+") { number.removeFirst() }
    guard let document = JSONDocument(number), let value = document.double(document.root)
    else { return }
    body(labels, value)
  }

  /// The brace that ends the labels; braces inside of quoted values do not count.
  private func closingBrace(_ span: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var isQuoted = false
    var offset = range.lowerBound
    while offset < range.upperBound {
      switch span[offset] {
      case UInt8(ascii: "\\"): offset += 1
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "}") where !isQuoted: return offset
      default: break
      }
      offset += 1
    }
    return nil
  }
}

/// A gauge as a count: not negative, rounded down.
public func gauge(_ value: Double?) -> UInt64? {
  guard let value, value >= 0, value < 1e15 else { return nil }
  return UInt64(value)
}
