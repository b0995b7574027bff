import Text

/// The few character classes of HTTP that the driver boundary checks.
enum HTTPBytes {
  /// Lower case of an ASCII letter, any other byte unchanged.
  static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// The same for eight bytes at once.
  static func lowered(_ word: UInt64) -> UInt64 {
    // The top bit of each byte tells whether its lower seven are at least "A", and above "Z".
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let atLeastA = low &+ 0x3F3F_3F3F_3F3F_3F3F
    let aboveZ = low &+ 0x2525_2525_2525_2525
    let capitals = atLeastA & ~aboveZ & ~word & 0x8080_8080_8080_8080
    return word | capitals &>> 2
  }

  /// Whether bytes that a driver lends are a token (RFC 9110 §5.6.2).
  static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let span = Span<UInt8>(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self))
    return ByteSearch.tokenEnd(span, from: 0) == span.count
  }

  /// Whether bytes that a driver lends can stand as a field value.
  static func isValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let span = Span<UInt8>(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self))
    var offset = ByteSearch.controlIndex(span, from: 0)
    while offset < span.count {
      guard span[offset] == 0x09 else { return false }
      offset = ByteSearch.controlIndex(span, from: offset + 1)
    }
    return true
  }

  /// A byte of a field value (RFC 9110 §5.5): no control character but the tab.
  static func isValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

  /// Whether bytes that a driver lends are a request target: visible ASCII, without the "#" that
  /// starts a fragment.
  static func isTarget(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let span = Span<UInt8>(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self))
    return ByteSearch.visibleEnd(span, from: 0) == span.count
      && ByteSearch.firstIndex(of: UInt8(ascii: "#"), in: span, from: 0) == span.count
  }

  /// Field names (lower case) that belong to the connection and therefore to the host.
  static func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
    switch name.count {
    case 2: equal(name, "te")
    case 4: equal(name, "host")
    case 6: equal(name, "expect")
    case 7: equal(name, "upgrade") || equal(name, "trailer")
    case 10: equal(name, "connection") || equal(name, "keep-alive")
    case 14: equal(name, "content-length")
    case 16: equal(name, "proxy-connection")
    case 17: equal(name, "transfer-encoding")
    default: false
    }
  }

  /// Compares without regard to case; `lower` is in lower case and as long as `name`.
  private static func equal(_ name: UnsafeRawBufferPointer, _ lower: StaticString) -> Bool {
    guard name.count == lower.utf8CodeUnitCount else { return false }
    for index in 0..<name.count where lowered(name[index]) != lower.utf8Start[index] {
      return false
    }
    return true
  }
}
