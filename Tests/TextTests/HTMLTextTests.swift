import Testing

@testable import Text

/// Text stays text, whatever it holds.
@Suite struct HTMLTextTests {
  private func text(_ html: HTMLText) -> String { String(decoding: html.bytes, as: UTF8.self) }

  @Test func literalsAreMarkupAndValuesAreText() {
    let name = #"<script>alert("1")</script> & 'co'"#
    #expect(
      text(#"<b title="\#(name)">\#(name)</b>"#)
        == #"<b title="X">X</b>"#.replacing(
          "X",
          with: "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;"))
    #expect(text("<i>\(42 as UInt64)</i>\("<br>" as HTMLText)") == "<i>42</i><br>")
  }

  @Test func piecesAreAppendedAsTheyAre() {
    var list: HTMLText = "<ul>"
    for name in ["a", "<"] { list.add("<li>\(name)</li>") }
    list.add("</ul>")
    #expect(text(list) == "<ul><li>a</li><li>&lt;</li></ul>")
    #expect(HTMLText().isEmpty && !list.isEmpty)
  }

  @Test func whatIsNoTextInUTF8IsReplaced() {
    let bad = "\u{FFFD}"
    #expect(text("\([0x61, 0xFF, 0x62] as [UInt8])") == "a\(bad)b")
    // Cut in the middle, longer than it need be, and half of a surrogate pair.
    #expect(text("\([0xE2, 0x82] as [UInt8])") == bad + bad)
    #expect(text("\([0xC0, 0xBC] as [UInt8])") == bad + bad)
    #expect(text("\([0xED, 0xA0, 0x80] as [UInt8])") == bad + bad + bad)
    #expect(text("\("\u{0}\u{1B}[31m\r\u{7F}\t\n")") == "\(bad)\(bad)[31m\(bad)\(bad)\t\n")
  }

  @Test func everyOtherCharacterStays() {
    let all = "\u{2028}\u{2029}é漢🙂\u{202E}"
    #expect(text("\(all)") == all)
  }

  /// Whatever bytes come, the result holds no tag, no quote and no broken sequence.
  @Test func noBytesBecomeMarkup() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
        Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random) : Array("<>&\"'".utf8).randomElement() ?? 0
      }
      let html: HTMLText = "\(bytes)"
      #expect(String(validating: html.bytes, as: UTF8.self) != nil, "\(bytes)")
      #expect(!html.bytes.contains { "<>\"'".utf8.contains($0) }, "\(bytes)")
    }
  }
}
