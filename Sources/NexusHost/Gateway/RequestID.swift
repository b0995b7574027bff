import HTTP
import Text

/// Names requests, so that one can be found again in logs of the client, the host and the backend.
struct RequestIDs {
  private var state: UInt64

  /// `seed`: different for every loop and start.
  init(seed: UInt64) { state = seed }

  /// Writes the client's own id if it is harmless (visible, short, no key by mistake), else a new one.
  mutating func write(for fields: [HTTPField], in bytes: Span<UInt8>, to id: inout [UInt8]) {
    guard let range = fields.value("x-request-id", in: bytes), (1...128).contains(range.count),
      range.allSatisfy({ Self.isHarmless(bytes[$0]) }),
      !SecretScrub.isSuspicious(bytes.extracting(range))
    else { return next(&id) }
    id.removeAll(keepingCapacity: true)
    for index in range { id.append(bytes[index]) }
  }

  /// A number that is different every time and evenly distributed (SplitMix64: not secret).
  mutating func draw() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// "req_" and 16 hexadecimal digits.
  mutating func next(_ id: inout [UInt8]) {
    var mixed = draw()
    if id.count != Self.pattern.count { id = Self.pattern }
    for index in 0..<4 { id[index] = Self.pattern[index] }
    for index in 4..<20 {
      let digit = UInt8(truncatingIfNeeded: mixed) & 15
      id[index] = digit < 10 ? 48 + digit : 87 + digit
      mixed >>= 4
    }
  }

  private static let pattern = Array("req_0000000000000000".utf8)

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
