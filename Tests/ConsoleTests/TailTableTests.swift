import Console
import Testing

@Suite struct TailTableTests {
  @Test func aLineTellsWhatBecameOfARequest() throws {
    var table = TailTable(width: nil)
    let good = try #require(Entry().item)
    #expect(
      table.line(good).text
        == "19:35:11 200 llama3:8b    → attic      1.24s   310ms       12+345     371")
    #expect(
      table.titles().text
        == "TIME     ST  MODEL        → BACKEND     TOOK    TTFT       TOKENS   TOK/S")
    let fallback = try #require(
      Entry(requested: "gone", attempts: ["attic", "box"], cost: 0.0012, isFallback: true).item)
    #expect(
      table.line(fallback).text
        == "19:35:11 200 gone         → attic      1.24s   310ms       12+345     371   $0.0012"
        + "  2 tries  fallback llama3:8b")
    let bad = try #require(
      Entry(backend: nil, status: 503, error: "No backend\u{1B}[2J is left.", attempts: []).item)
    #expect(
      table.line(bad).text
        == "19:35:11 503 llama3:8b    → none       1.24s  No backend?[2J is left.")
    #expect(table.line(bad).painted.contains("\u{1B}[31m 503 "))
    var local = TailTable(width: nil, offset: { _ in -3_600 })
    #expect(local.line(good).text.hasPrefix("18:35:11 "))
  }

  @Test func noLineIsWiderThanTheTerminal() {
    var hostile = Hostile(seed: 3)
    for width in Array(1...60) + [80, 109, 110, 200] {
      var table = TailTable(width: width)
      for _ in 0..<20 {
        guard let item = hostile.item() else { continue }
        let line = table.line(item)
        #expect(line.width <= width && table.titles().width <= width)
        #expect(DisplayText.harmless(line.text) == line.text)
      }
    }
  }
}
