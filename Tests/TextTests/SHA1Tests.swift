import Testing

@testable import Text

@Suite struct SHA1Tests {
  /// From FIPS 180-4's examples, RFC 3174 §7.3 and the handshake of RFC 6455 §1.3.
  static let vectors: [(text: String, hex: String)] = [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "a49b2446a02c645bf419f995b67091253a04a259"
    ),
    (
      String(repeating: "01234567", count: 80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"
    ),
    (
      "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
      "b37a4f2cc0624f1690f64606cf385945b2bec4ea"
    ),
  ]

  @Test func matchesTheVectors() {
    for (text, hex) in Self.vectors {
      #expect(SHA256.hex(SHA1.hash(Array(text.utf8))) == hex, "\(text)")
    }
    let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(SHA256.hex(SHA1.hash(million)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
  }

  /// Lengths around the end of a block, against values of another implementation.
  @Test func paddingIsRightAroundABlock() {
    let known = [
      (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
      (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
      (63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
      (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
      (65, "11655326c708d70319be2610e8a57d9a5b959d3b"),
    ]
    for (count, hex) in known {
      let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: count)
      #expect(SHA256.hex(SHA1.hash(bytes)) == hex, "\(count)")
    }
  }
}
