import Text

/// Names requests, so that one can be found again in logs of the client, the host and the backend.
struct RequestIDs {
  private var state: UInt64

  /// `seed`: different for every loop and start.
  init(seed: UInt64) { state = seed }

  /// Writes the client's own id, which stands at `range` if it named one, if it is harmless (visible,
  /// short, no key by mistake), else a new one.
  mutating func write(_ range: Range<Int>?, in bytes: Span<UInt8>, to id: inout [UInt8]) {
    guard let range, (1...128).contains(range.count),
      range.allSatisfy({ Self.isHarmless(bytes[$0]) }),
      !SecretScrub.isSuspicious(bytes.extracting(range))
    else { return next(&id) }
    id.removeAll(keepingCapacity: true)
    for index in range { id.append(bytes[index]) }
  }

  /// A number that is different every time and evenly distributed, but not secret.
  mutating func draw() -> UInt64 {
    SplitMix.next(&state)
  }

  /// "req_" and 16 hexadecimal digits.
  mutating func next(_ id: inout [UInt8]) {
    let number = draw()
    if id.count != Self.length { id = [UInt8](repeating: 0, count: Self.length) }
    var span = id.mutableSpan
    var bytes = span.mutableBytes
    bytes.storeBytes(of: Self.prefix, as: UInt32.self)
    let low = Self.digits(UInt32(truncatingIfNeeded: number))
    bytes.storeBytes(of: low, toByteOffset: 4, as: UInt64.self)
    let high = Self.digits(UInt32(truncatingIfNeeded: number >> 32))
    bytes.storeBytes(of: high, toByteOffset: 12, as: UInt64.self)
  }

  /// Eight hexadecimal digits, all at once: each half byte of `value` in a byte of its own, and to
  /// those above nine the distance of the letters added.
  private static func digits(_ value: UInt32) -> UInt64 {
    var halves = UInt64(value)
    halves = (halves | halves << 16) & 0x0000_FFFF_0000_FFFF
    halves = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF
    halves = (halves | halves << 4) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = (halves &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return halves &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
  }

  /// Of an id that is made here, in bytes.
  static let length = 20
  /// "req_".
  private static let prefix = UInt32(littleEndian: 0x5F71_6572)

  private static func isHarmless(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."), UInt8(ascii: ":"):
      true
    default: false
    }
  }
}
