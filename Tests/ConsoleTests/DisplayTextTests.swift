import Console
import Testing

@Suite struct DisplayTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("\u{1B}[31mred", "?[31mred"), ("a\r\nb\tc", "a??b?c"),
    ("\u{9B}2Jx", "?2Jx"), ("a\u{202E}b", "a?b"), ("\u{2028}", "?"), ("x\u{7F}", "x?"),
    // Joiners, selectors and marks without a letter leave nothing; two marks are enough.
    ("👩\u{200D}💻", "👩💻"), ("❤\u{FE0F}", "❤"), ("\u{301}a", "a"),
    ("e\u{301}\u{302}\u{303}\u{304}", "e\u{301}\u{302}"), ("\u{378}", "?"),
  ]) func harmlessTextHasLettersOnly(text: String, harmless: String) {
    #expect(Array(DisplayText.harmless(text).unicodeScalars) == Array(harmless.unicodeScalars))
  }

  @Test(arguments: [
    ("", 0), ("abc", 3), ("模型", 4), ("ｆ", 2), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2),
    ("e\u{301}", 1), ("👩", 2), ("🇩🇪", 4), ("…→█", 3), ("ｱ", 1), ("√", 1), ("⚡", 2),
  ]) func widthIsCountedInColumns(text: String, width: Int) {
    #expect(DisplayText.width(text) == width)
  }

  @Test func whatIsCutFits() {
    #expect(DisplayText.cut("llama3:8b", to: 6) == "llama…")
    #expect(DisplayText.cut("模型模型", to: 4) == "模…")
    #expect(DisplayText.cut("模型", to: 4) == "模型")
    #expect(DisplayText.cut("ab", to: 1) == "…" && DisplayText.cut("ab", to: 0).isEmpty)
    #expect(
      DisplayText.fit("模", to: 5) == "模   " && DisplayText.fit("7", to: 3, right: true) == "  7")
    var hostile = Hostile(seed: 11)
    for _ in 0..<500 {
      let text = DisplayText.harmless(hostile.text())
      let columns = hostile.below(20)
      let cut = DisplayText.cut(text, to: columns)
      #expect(DisplayText.width(cut) <= columns, "\(text.debugDescription)")
      #expect(DisplayText.width(DisplayText.fit(text, to: columns)) == columns)
      #expect(DisplayText.harmless(text) == text)
    }
  }

  @Test func figuresAreShort() {
    let durations: [(Double?, String)] = [
      (nil, "-"), (.nan, "-"), (-1, "-"), (0, "0ms"), (999.4, "999ms"), (1_240, "1.24s"),
      (12_300, "12.3s"), (125_000, "2m05s"), (11_520_000, "3h12m"), (442_800_000, "5d03h"),
    ]
    for (value, text) in durations { #expect(Figures.duration(value) == text) }
    let rates: [(Double?, String)] = [
      (nil, "-"), (0, "0"), (0.42, "0.4"), (99.94, "99.9"), (456, "456"), (12_345, "12k"),
      (3.44e6, "3.4M"), (.infinity, "-"), (1e300, "9000000000.0G"),
    ]
    for (value, text) in rates { #expect(Figures.rate(value) == text) }
    #expect([nil, 0, 0.004, 0.12, 7].map(Figures.percent) == ["-", "0%", "0.4%", "12%", "100%"])
    #expect(
      [nil, 0, 0.0012, 1.25, 120].map(Figures.dollars) == [
        "-", "$0.00", "$0.0012", "$1.25", "$120",
      ])
  }
}
