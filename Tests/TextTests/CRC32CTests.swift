import Testing

@testable import Text

@Suite struct CRC32CTests {
  /// From RFC 3720 §B.4, and the usual check value.
  static let vectors: [(bytes: [UInt8], sum: UInt32)] = [
    ([], 0),
    (Array("123456789".utf8), 0xE306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0..<32), 0x46DD_794E),
    (Array((0..<32).reversed()), 0x113F_DB5C),
  ]

  @Test func matchesTheVectors() {
    for (bytes, sum) in Self.vectors { #expect(CRC32C.checksum(bytes.span) == sum) }
  }

  @Test func piecesMakeTheSameSum() {
    let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for cut in 0...bytes.count {
      var sum = CRC32C()
      sum.update(Array(bytes[..<cut]).span)
      sum.update(Array(bytes[cut...]).span)
      #expect(sum.value == CRC32C.checksum(bytes.span), "cut at \(cut)")
    }
  }
}
