import Testing

@testable import Text

/// The searches look at sixteen bytes at a time and then at single ones: both must know the same
/// characters, wherever in a block they stand.
@Suite struct HeadBytesTests {
  static let alphanumeric = Set(UInt8(ascii: "0")...UInt8(ascii: "9"))
    .union(UInt8(ascii: "A")...UInt8(ascii: "Z")).union(UInt8(ascii: "a")...UInt8(ascii: "z"))
  /// RFC 9110 §5.6.2.
  static let token = alphanumeric.union("!#$%&'*+-.^_`|~".utf8)
  /// RFC 3986 §3.2.2 with a port, and percent-encoding.
  static let authority = alphanumeric.union("-._~%!$&'()*+;=:[]".utf8)
  static let path = Set(UInt8(0x21)...0x7E).subtracting("?#".utf8)

  @Test func tokenEndsAtTheFirstOtherByte() {
    check(Self.token, filler: "aZ-09") { ByteSearch.tokenEnd($0, from: $1) }
    for byte in UInt8.min ... .max {
      #expect(ByteSearch.isToken(byte) == Self.token.contains(byte), "\(byte)")
    }
  }

  @Test func authorityEndsAtTheFirstOtherByte() {
    check(Self.authority, filler: "aZ.-:0") { ByteSearch.authorityEnd($0, from: $1) }
  }

  @Test func pathEndsAtTheFirstOtherByte() {
    check(Self.path, filler: "/aZ.9") { ByteSearch.pathEnd($0, from: $1) }
  }

  @Test func namesAreComparedInEitherCase() {
    let line = Array("x-STAINLESS-retry-Count: 0".utf8)
    #expect(equal(line, 0..<23, "x-stainless-retry-count"))
    #expect(!equal(line, 0..<22, "x-stainless-retry-count"))
    #expect(!equal(line, 4..<27, "x-stainless-retry-count"))
    #expect(equal(line, 18..<24, "count:"))
    for (length, name) in [(1, "a"), (3, "abc"), (5, "abcde"), (9, "abcdefghi")]
      as [(Int, StaticString)]
    {
      let letters = Array("ABCDEFGHI".utf8.prefix(length))
      #expect(equal(letters, 0..<length, name))
      for index in 0..<length {
        var other = letters
        other[index] = UInt8(ascii: "z")
        #expect(!equal(other, 0..<length, name), "\(length) \(index)")
      }
    }
  }

  private func equal(_ bytes: [UInt8], _ range: Range<Int>, _ name: StaticString) -> Bool {
    ByteSearch.equalsIgnoringCase(bytes.span, range, name)
  }

  /// Puts every byte at every place of runs that are shorter and longer than a block.
  private func check(
    _ allowed: Set<UInt8>, filler: String, end: (Span<UInt8>, Int) -> Int
  ) {
    let filler = Array(filler.utf8)
    for length in [1, 15, 17] {
      let run = (0..<length).map { filler[$0 % filler.count] }
      if end(run.span, 0) != length { Issue.record("the filler of \(length)") }
      for place in 0..<length {
        for byte in UInt8.min ... .max {
          var bytes = run
          bytes[place] = byte
          let expected = allowed.contains(byte) ? length : place
          if end(bytes.span, 0) != expected { Issue.record("\(byte) at \(place) of \(length)") }
        }
      }
    }
  }
}
