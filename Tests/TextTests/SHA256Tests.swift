import Testing

@testable import Text

@Suite struct SHA256Tests {
  /// From FIPS 180-4's examples and the usual ones around the block size.
  static let vectors: [(text: String, hex: String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ]

  @Test func matchesTheVectors() {
    for (text, hex) in Self.vectors {
      #expect(SHA256.hex(SHA256.hash(Array(text.utf8))) == hex, "\(text)")
    }
    let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(
      SHA256.hex(SHA256.hash(million))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func piecesMakeTheSameHash() {
    for length in [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 200] {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let whole = SHA256.hash(bytes)
      for cut in 0...length {
        var hash = SHA256()
        hash.update(Array(bytes[..<cut]).span)
        _ = hash.finish()
        hash.update(Array(bytes[cut...]).span)
        #expect(hash.finish() == whole, "\(length) cut at \(cut)")
      }
    }
  }
}
