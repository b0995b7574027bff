import LatencyModels

extension Random {
  /// An identifier of letters and digits, as servers make them.
  mutating func name(_ length: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    return String((0..<length).map { _ in alphabet[below(alphabet.count)] })
  }

  mutating func hex(_ length: Int) -> String {
    let alphabet = Array("0123456789abcdef")
    return String((0..<length).map { _ in alphabet[below(16)] })
  }

  mutating func uuid() -> String {
    [8, 4, 4, 4, 12].map { hex($0) }.joined(separator: "-")
  }

  /// FNV-1a, so that the same text gives the same answer.
  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}
