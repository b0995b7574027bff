import Seeded
import Testing
import Text

@testable import Routing

/// Chains of conversations that share beginnings.
@Suite struct PrefixChainTests {
  private let hasher = ByteHash(seed: 7)

  private func chain(_ parts: [String]) -> PrefixChain { Self.chain(parts, hasher) }

  static func chain(_ parts: [String], _ hasher: ByteHash) -> PrefixChain {
    var body: [UInt8] = []
    var ranges: [Range<Int>] = []
    for part in parts {
      let start = body.count
      body += part.utf8
      ranges.append(start..<body.count)
      body += ", ".utf8
    }
    return PrefixChain(body.span, parts: ranges, hasher)
  }

  @Test func longerConversationBeginsWithTheShorter() {
    let parts = (0..<60).map { "message \($0) \(String(repeating: "x", count: $0 * 7))" }
    let whole = chain(parts).links
    for count in 0...parts.count {
      #expect(chain(Array(parts.prefix(count))).links == Array(whole.prefix(count)))
    }
  }

  @Test func siblingsShareTheirSystemPromptAlone() {
    let one = chain(["system", "how do I cook rice?", "answer"]).links
    let other = chain(["system", "why is the sky blue?", "answer"]).links
    #expect(one[0] == other[0])
    #expect(one[1].hash != other[1].hash)
    #expect(one[2].hash != other[2].hash)
  }

  @Test func nothingDependsOnWhatFollowsOrStandsBetween() {
    let plain = Array(#"[{"a":1},{"b":2}]"#.utf8)
    let spaced = Array(#"[ {"a":1} , {"b":2} , {"c":3} ], "stream":true"#.utf8)
    let one = PrefixChain(plain.span, parts: [1..<8, 9..<16], hasher)
    let other = PrefixChain(spaced.span, parts: [2..<9, 12..<19, 22..<29], hasher)
    #expect(one.links == Array(other.links.prefix(2)))
  }

  @Test func wherePartsEndMatters() {
    #expect(chain(["ab", "c"]).links[1].hash != chain(["a", "bc"]).links[1].hash)
    #expect(chain(["abc"]).links[0].hash != chain(["", "abc"]).links[1].hash)
    #expect(chain(["a", "b"]).links[1].hash != chain(["b", "a"]).links[1].hash)
  }

  @Test func firstAndLastLinksOfALongConversationAreKept() {
    let parts = (0..<300).map { "m\($0)" }
    let long = chain(parts)
    #expect(long.links.count == 64)
    // In order, and the sizes tell which they are.
    var sizes: [UInt64] = []
    for part in parts { sizes.append((sizes.last ?? 0) + UInt64(part.utf8.count)) }
    #expect(long.links.map(\.bytes) == Array(sizes.prefix(8) + sizes.suffix(56)))
    #expect(long.bytes == sizes.last)
    // The turn before is among the links of the next one, however long they are.
    for count in [64, 65, 100, 120, 298] {
      let before = chain(Array(parts.prefix(count)))
      let after = chain(Array(parts.prefix(count + 2)))
      #expect(after.links.contains(before.links[before.links.count - 1]), "\(count)")
    }
  }

  @Test func memoryIsUsedAgain() {
    var chain = chain((0..<100).map { "x\($0)" })
    chain.removeAll()
    #expect(chain.links.isEmpty && chain.bytes == 0)
    let body = Array("ab".utf8)
    chain.append(body.span, 0..<1, hasher)
    chain.append(body.span, 1..<2, hasher)
    chain.finish()
    #expect(chain.links == PrefixChainTests.chain(["a", "b"], hasher).links)
  }
}

/// The hash itself.
@Suite struct ByteHashTests {
  @Test func everyByteAndEveryLengthMatters() {
    let hasher = ByteHash(seed: 1)
    var generator = SeededRandom(state: 3)
    let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var seen: Set<UInt64> = []
    for count in 0...bytes.count {
      #expect(seen.insert(hasher.hash(bytes.span, 0..<count)).inserted)
      for place in 0..<count {
        var other = bytes
        other[place] ^= 1 << UInt8(place % 8)
        #expect(seen.insert(hasher.hash(other.span, 0..<count)).inserted)
      }
      // Zeros are not nothing.
      let zeros = [UInt8](repeating: 0, count: count)
      if count > 0 { #expect(seen.insert(hasher.hash(zeros.span, 0..<count)).inserted) }
    }
  }

  @Test func sameBytesAnywhereHaveOneHash() {
    let hasher = ByteHash(seed: 1)
    let text = Array("The quick brown fox jumps over the lazy dog, again and again. ".utf8)
    let wanted = hasher.hash(text.span, 0..<text.count)
    for offset in 0..<20 {
      let body = [UInt8](repeating: 0x7B, count: offset) + text + [0x7D]
      #expect(hasher.hash(body.span, offset..<offset + text.count) == wanted)
    }
    #expect(hasher.hash(text.span, -5..<1_000) == wanted)
    #expect(ByteHash(seed: 2).hash(text.span, 0..<text.count) != wanted)
  }

  /// Flipping one bit of the input flips each bit of the hash about half of the time.
  @Test(arguments: [3, 8, 16, 17, 33, 64, 65, 100, 300])
  func bitsAreSpread(_ count: Int) {
    let hasher = ByteHash(seed: 99)
    var generator = SeededRandom(state: UInt64(count))
    var flips = [Int](repeating: 0, count: 64)
    let rounds = 400
    for _ in 0..<rounds {
      var bytes = (0..<count).map { _ in UInt8.random(in: 0x20...0x7E, using: &generator) }
      let before = hasher.hash(bytes.span, 0..<count)
      bytes[Int.random(in: 0..<count, using: &generator)] ^=
        1
        << UInt8.random(
          in: 0..<8, using: &generator)
      let changed = before ^ hasher.hash(bytes.span, 0..<count)
      for bit in 0..<64 where changed >> UInt64(bit) & 1 == 1 { flips[bit] += 1 }
    }
    // Six standard deviations.
    for bit in 0..<64 { #expect((140...260).contains(flips[bit]), "bit \(bit): \(flips[bit])") }
  }

  @Test func lowBitsOfNumberedPromptsAreEven() {
    let hasher = ByteHash(seed: 5)
    var sets = [Int](repeating: 0, count: 64)
    for number in 0..<6_400 {
      let bytes = Array(#"{"role":"user","content":"question \#(number)"}"#.utf8)
      let hash = hasher.chain(17, hasher.hash(bytes.span, 0..<bytes.count))
      sets[Int(hash & 63)] += 1
    }
    #expect(sets.allSatisfy { (40...160).contains($0) })
  }
}
