/// CRC-32C (Castagnoli; RFC 3720 §12.1), fed in pieces: finds every error of up to 32 bits in a row
/// and every single, double and triple flipped bit of a record. No protection against intent.
public struct CRC32C: Sendable {
  private var state: UInt32 = .max

  public init() {}

  /// The checksum of `bytes`.
  public static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
    var sum = CRC32C()
    sum.update(bytes)
    return sum.value
  }

  /// The checksum of everything taken so far.
  public var value: UInt32 { ~state }

  /// Takes the next bytes.
  public mutating func update(_ bytes: Span<UInt8>) {
    var state = state
    for index in bytes.indices {
      state = Self.table[Int(UInt8(truncatingIfNeeded: state) ^ bytes[index])] ^ state >> 8
    }
    self.state = state
  }

  /// What each byte adds; the polynomial is 0x1EDC6F41 with its bits reversed.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in
      rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0x82F6_3B78
    }
  }
}
