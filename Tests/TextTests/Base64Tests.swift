import Foundation
import Seeded
import Testing

@testable import Text

@Suite struct Base64Tests {
  /// RFC 4648 §10.
  static let vectors = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]

  @Test func matchesTheVectors() {
    for (plain, text) in Self.vectors {
      #expect(Base64.encode(Array(plain.utf8)) == Array(text.utf8))
      #expect(Base64.decode(Array(text.utf8)) == Array(plain.utf8))
    }
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zm9v=", "Zm=v", "Zm9-", "Zm_v",
    "Zm 9", "Zm9v\n", "Zh==", "Zm9=", "\u{e9}A==",
  ])
  func refusesWhatIsNone(_ text: String) {
    #expect(Base64.decode(Array(text.utf8)) == nil)
  }

  /// Against Foundation's: every length, and every character in every place.
  @Test func agreesWithAnother() {
    var random = SeededRandom(seed: 64)
    for count in 0..<100 {
      let bytes = (0..<count).map { _ in UInt8(random.below(256)) }
      let text = Array(Data(bytes).base64EncodedString().utf8)
      #expect(Base64.encode(bytes) == text)
      #expect(Base64.decode(text) == bytes)
    }
    for place in 0..<4 {
      for byte in UInt8.min...UInt8.max {
        var text = Array("Zm9v".utf8)
        text[place] = byte
        let decoded = Base64.decode(text)
        let isOfAlphabet =
          byte < 0x80
          && (Character(UnicodeScalar(byte)).isLetter
            || Character(UnicodeScalar(byte)).isNumber || [43, 47].contains(byte))
        #expect((decoded != nil) == isOfAlphabet, "\(place) \(byte)")
      }
    }
  }
}
