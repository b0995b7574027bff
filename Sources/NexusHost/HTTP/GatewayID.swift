/// What tells one gateway process from all others, so that a request that comes back to it is
/// recognised: 16 hexadecimal digits, drawn at the start.
public struct GatewayID: Hashable, Sendable {
  /// The digits, in lower case.
  public let digits: [UInt8]

  /// The digits as text.
  public var text: String { String(decoding: digits, as: UTF8.self) }

  /// Draws one.
  public init(using generator: inout some RandomNumberGenerator) {
    let number: UInt64 = generator.next()
    digits = (0..<Self.length).map { Self.alphabet[Int(number >> (60 - UInt64($0) * 4) & 15)] }
  }

  /// The header line by which a request of this gateway's own says where it comes from.
  public var hopLine: [UInt8] { Array("x-nexus-hops: ".utf8) + digits + [0x0D, 0x0A] }

  static let length = 16
  private static let alphabet = Array("0123456789abcdef".utf8)
}
