import Text

extension [HTTPField] {
  /// The value of the first field with that name, which is given in lower case.
  public func value(_ lowercaseName: StaticString, in bytes: Span<UInt8>) -> Range<Int>? {
    let length = lowercaseName.utf8CodeUnitCount
    for field in self
    where field.name.count == length
      && ByteSearch.equalsIgnoringCase(bytes, field.name, lowercaseName)
    {
      return field.value
    }
    return nil
  }

  /// How many fields have that name, which is given in lower case.
  public func count(of lowercaseName: StaticString, in bytes: Span<UInt8>) -> Int {
    var count = 0
    for field in self where ByteSearch.equalsIgnoringCase(bytes, field.name, lowercaseName) {
      count += 1
    }
    return count
  }

  /// Whether a field is meant for this connection only and must not be passed on (RFC 9110 §7.6.1):
  /// the known hop-by-hop fields and those that a Connection field of this head names.
  public func isHopByHop(_ field: HTTPField, in bytes: Span<UInt8>) -> Bool {
    if field.reach != .endToEnd { return true }
    // By index: an iterator would retain the array for each field that is asked about.
    for index in 0..<count where self[index].reach == .namingOthers {
      if isListed(field.name, in: self[index].value, of: bytes) { return true }
    }
    return false
  }

  private func isListed(
    _ name: Range<Int>, in value: Range<Int>, of bytes: Span<UInt8>
  ) -> Bool {
    var list = ListElements(value)
    while let element = list.next(bytes) {
      if sameIgnoringCase(bytes, element, name) { return true }
    }
    return false
  }

  private func sameIgnoringCase(
    _ bytes: Span<UInt8>, _ one: Range<Int>, _ other: Range<Int>
  ) -> Bool {
    guard one.count == other.count else { return false }
    for index in 0..<one.count {
      let difference =
        ByteSearch.peek(bytes, one.lowerBound + index)
        ^ ByteSearch.peek(bytes, other.lowerBound + index)
      // Tokens differ in case by one bit, and only letters may.
      let letter = ByteSearch.peek(bytes, one.lowerBound + index) | 0x20
      guard difference == 0 || (difference == 0x20 && letter &- 0x61 < 26) else { return false }
    }
    return true
  }
}

/// The elements of a comma-separated field value, without blanks around them; empty ones are
/// skipped (RFC 9110 §5.6.1).
struct ListElements {
  private var offset: Int
  private let end: Int

  init(_ value: Range<Int>) {
    offset = value.lowerBound
    end = value.upperBound
  }

  /// The next element, or nil after the last one.
  mutating func next(_ bytes: Span<UInt8>) -> Range<Int>? {
    while offset < end {
      let start = offset
      while offset < end, ByteSearch.peek(bytes, offset) != UInt8(ascii: ",") { offset &+= 1 }
      let element = FieldSection.trimmed(bytes, start..<offset)
      offset &+= 1
      if !element.isEmpty { return element }
    }
    return nil
  }
}
