import Foundation
import Testing

@testable import Text

@Suite struct JSONDocumentTests {
  private let sample =
    #" {"a":[1,"two",{"b":true},[],null],"o":{"x":-1.5,"y":{"z":"deep"}},"a":"second","e":{}} "#

  @Test func navigates() throws {
    let document = try JSONDocument.parse(Array(sample.utf8))
    #expect(document.root.kind == .object)
    #expect(document.member("a")?.kind == .array)
    #expect(document.count(document.member("a")) == 5)
    #expect(document.equals(document.path("o", "y", "z"), "deep"))
    #expect(document.path("o", "nothing", "z") == nil)
    #expect(document.double(document.path("o", "x")) == -1.5)
    var kinds: [JSONNode.Kind] = []
    document.forEachElement(document.member("a")) { kinds.append($0.kind) }
    #expect(kinds == [.number, .string, .object, .array, .null])
    var keys: [String] = []
    document.forEachMember(document.root) { key, _ in
      keys.append(String(decoding: document.string(key) ?? [], as: UTF8.self))
    }
    #expect(keys == ["a", "o", "a", "e"])
    #expect(document.raw(document.path("o", "y") ?? document.root) == Array(#"{"z":"deep"}"#.utf8))
  }

  @Test func wrongKindsYieldNothing() throws {
    let document = try JSONDocument.parse(Array(sample.utf8))
    let array = document.member("a")
    #expect(document.member(array, "a") == nil)
    #expect(document.string(array) == nil)
    #expect(document.integer(document.root) == nil)
    #expect(document.bool(array) == nil)
    #expect(document.bool(nil) == nil)
    document.forEachElement(document.root) { _ in Issue.record("not an array") }
    document.forEachMember(array) { _, _ in Issue.record("not an object") }
    document.forEachMember(document.member("e")) { _, _ in Issue.record("empty") }
  }

  @Test func decodesStringsLikeFoundation() throws {
    let texts = [
      #""""#, #""plain""#, #""\"\\\/\b\f\n\r\t""#, #""a\u0041\u00e9\u20ac\ud83d\ude00z""#,
      "\"天地 😀 é\"", #""\u0000x""#,
    ]
    for text in texts {
      let expected = try JSONSerialization.jsonObject(
        with: Data(text.utf8), options: .fragmentsAllowed)
      let document = try JSONDocument.parse(Array(text.utf8))
      let decoded = document.string(document.root) ?? []
      #expect(String(decoding: decoded, as: UTF8.self) == expected as? String)
    }
  }

  @Test func loneSurrogatesBecomeReplacementCharacters() {
    let cases = [
      (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"),
      (#""\ud800\ud800""#, "\u{FFFD}\u{FFFD}"),
      (#""\udc00\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud83dA""#, "\u{FFFD}A"),
      (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
    ]
    for (text, expected) in cases {
      let document = JSONDocument(Array(text.utf8))
      #expect(document?.string(document?.root) == Array(expected.utf8), "\(text)")
    }
  }

  @Test func comparesWithoutDecoding() {
    let document = JSONDocument(Array(#"{"k":"caf\u00e9 \ud83d\ude00\n"}"#.utf8))
    #expect(document?.equals(document?.member("k"), "café 😀\n") == true)
    #expect(document?.equals(document?.member("k"), "café 😀") == false)
    #expect(document?.equals(document?.member("k"), "café 😀\n!") == false)
    #expect(document?.equals(document?.member("x"), "") == false)
  }

  @Test func readsIntegers() {
    let cases: [(String, Int64?)] = [
      ("0", 0), ("-0", 0), ("-0.0e5", 0), ("12", 12), ("12.0", 12), ("1e3", 1000), ("1.5e1", 15),
      ("1500e-2", 15), ("0.00012e5", 12), ("9223372036854775807", .max),
      ("-9223372036854775808", .min), ("9223372036854775808", nil), ("-9223372036854775809", nil),
      ("1e18", 1_000_000_000_000_000_000), ("1e19", nil), ("1.5", nil), ("1e-1", nil),
      ("100000000000000000000e-10", 10_000_000_000), ("0e999999999999999999999", 0),
      ("1e999999999999999999999", nil), ("1e-999999999999999999999", nil),
      ("12345678901234567890123", nil), ("0.1234567890123456789012345", nil),
      ("1000000000000000000000000001e-3", nil),
    ]
    for (text, expected) in cases {
      let document = JSONDocument(Array(text.utf8))
      #expect(document?.integer(document?.root) == expected, "\(text)")
    }
  }

  @Test func readsDoubles() {
    for text in ["0", "1", "-1.5", "0.1", "3.14159", "1e22", "1e-22", "123456789.123", "2.5e-3"] {
      let document = JSONDocument(Array(text.utf8))
      #expect(document?.double(document?.root) == Double(text), "\(text)")
    }
    for text in [
      "1e300", "1.7976931348623157e308", "4.9e-300", "1e-310", "123456789012345678901e5",
    ] {
      let document = JSONDocument(Array(text.utf8))
      let value = document?.double(document?.root) ?? .nan
      #expect(abs(value / (Double(text) ?? 0) - 1) < 1e-13, "\(text)")
    }
    let huge = JSONDocument(Array("1e400".utf8))
    #expect(huge?.double(huge?.root) == nil)
    let tiny = JSONDocument(Array("1e-400".utf8))
    #expect(tiny?.double(tiny?.root) == 0)
  }

  @Test func foreignNodesDoNotTrap() {
    let document = JSONDocument(Array(#"{"a":[1]}"#.utf8))
    for start in [-5, 0, 3, 8, 9, 100] {
      for end in [-5, 0, 5, 9, 200] {
        for raw: UInt8 in 0...5 {
          guard let document, let kind = JSONNode.Kind(rawValue: raw) else { continue }
          let node = JSONNode(kind: kind, start: start, end: end)
          _ = document.member(node, "a")
          _ = document.string(node)
          _ = document.integer(node)
          _ = document.double(node)
          _ = document.bool(node)
          _ = document.raw(node)
          document.forEachElement(node) { _ in }
          document.forEachMember(node) { _, _ in }
        }
      }
    }
  }
}
