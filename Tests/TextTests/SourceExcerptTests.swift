import Testing
import Text

@Suite struct SourceExcerptTests {
  private func render(
    _ text: String, _ line: Int, _ column: Int, _ bytes: Range<Int>, hint: String? = nil
  ) -> String {
    SourceExcerpt.render(
      file: "nexus.toml", bytes: Array(text.utf8),
      place: TOMLPlace(line: line, column: column, bytes: bytes), message: "It is so.", hint: hint)
  }

  @Test func showsLineAndCarets() {
    let text = "a = 1\ntype = ollama\r\nb = 2"
    #expect(
      render(text, 2, 8, 13..<19) == """
        nexus.toml:2:8: It is so.
          2 | type = ollama
            |        ^^^^^^
        """)
    #expect(
      render(text, 3, 1, 21..<22, hint: "Mend it.") == """
        nexus.toml:3:1: It is so.
          3 | b = 2
            | ^
            = Mend it.
        """)
  }

  @Test func showsEndsAndNothing() {
    #expect(render("a =\n", 1, 4, 3..<3) == "nexus.toml:1:4: It is so.\n  1 | a =\n    |    ^")
    #expect(render("a =\n", 2, 1, 4..<4) == "nexus.toml:2:1: It is so.\n  2 | \n    | ^")
    #expect(render("", 1, 1, 0..<0) == "nexus.toml:1:1: It is so.\n  1 | \n    | ^")
    #expect(render("ab", 9, 9, 90..<95) == "nexus.toml:9:9: It is so.\n  9 | ab\n    |   ^")
  }

  @Test func marksTheFirstLineOfMany() {
    #expect(
      render("a = [\n1,\n]", 1, 5, 4..<10) == "nexus.toml:1:5: It is so.\n  1 | a = [\n    |     ^")
  }

  @Test func keepsTabsAndHidesControlCharacters() {
    #expect(
      render("\ta\t= \u{1B}[31m\u{202E}é", 1, 5, 5..<6) == """
        nexus.toml:1:5: It is so.
          1 | \ta\t= ?[31m?é
            | \t \t  ^
        """)
  }

  @Test func countsScalarsNotBytes() {
    #expect(render("ü = é", 1, 5, 5..<7).hasSuffix("  1 | ü = é\n    |     ^"))
  }

  @Test func cutsLongLinesAroundThePlace() {
    let text = String(repeating: "x", count: 5_000) + "HERE" + String(repeating: "y", count: 5_000)
    let lines = render(text, 1, 5_001, 5_000..<5_004).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].contains("…xx") && lines[1].contains("HEREyy") && lines[1].hasSuffix("y…"))
    #expect(lines[1].count < 140)
    let here = lines[1].firstRange(of: "HERE").map {
      lines[1].distance(from: lines[1].startIndex, to: $0.lowerBound)
    }
    let caret = lines[2].firstIndex(of: "^").map {
      lines[2].distance(from: lines[2].startIndex, to: $0)
    }
    #expect(here == caret)
    #expect(lines[2].hasSuffix(" ^^^^"))
  }

  @Test func limitsCarets() {
    let text = "a = [" + String(repeating: "1,", count: 5_000) + "]"
    let lines = render(text, 1, 5, 4..<text.utf8.count).split(separator: "\n")
    #expect(lines[2].count < 140)
  }
}
