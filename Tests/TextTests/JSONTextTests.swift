import Testing

@testable import Text

@Suite struct JSONTextTests {
  @Test func writesNestedTexts() {
    let body = JSONText.object {
      $0.member("status", "o\"k")
      $0.member("count", 3)
      $0.member("none", String?.none)
      $0.object("empty") { _ in }
      $0.array("data") {
        $0.value(true)
        $0.object {
          $0.member("id", Array("x\n".utf8))
          $0.member("size", UInt64.max)
        }
        $0.array { _ in }
        $0.value(1.5)
        $0.value(Double.nan)
        $0.raw(Array("[1]".utf8))
      }
      $0.raw("raw", Array("{}".utf8))
      $0.member("last", Int64.min)
    }
    let expected =
      #"{"status":"o\"k","count":3,"none":null,"empty":{},"data":[true,"#
      + #"{"id":"x\n","size":18446744073709551615},[],1.5,null,[1]],"raw":{},"#
      + #""last":-9223372036854775808}"#
    #expect(String(decoding: body, as: UTF8.self) == expected)
    #expect(JSONDocument(body) != nil)
  }

  @Test func writesArraysAndDoubles() {
    let values = [0.1, -0.0, 1e-7, 1e300, 123456789.0, 1e20]
    let text = JSONText.array { for value in values { $0.value(value) } }
    let document = JSONDocument(text)
    var read: [Double] = []
    document?.forEachElement(document?.root) { read.append(document?.double($0) ?? .nan) }
    #expect(read.count == values.count)
    for (one, other) in zip(read, values) { #expect(abs(one - other) <= abs(other) * 1e-14) }
    #expect(JSONText.array { _ in } == Array("[]".utf8))
  }
}
