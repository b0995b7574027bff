import Testing
import Text

@Suite struct TOMLTableTests {
  private func read(_ text: String) -> TOMLTable {
    let document = TOMLDocument.parse(Array(text.utf8))
    #expect(document.faults.isEmpty, "\(text)")
    return document.root
  }

  private func table(_ entry: TOMLEntry?) throws -> TOMLTable {
    guard case .table(let table) = try #require(entry).node.value else {
      throw TOMLFault(place: entry?.node.place ?? .start, message: "no table")
    }
    return table
  }

  @Test func keepsTheOrderOfTheFile() throws {
    let root = read("z = 1\n[m]\nb = 1\na = 2\n[c]\n[m.x]\n")
    #expect(root.entries.map(\.key) == ["z", "m", "c"])
    #expect(try table(root["m"]).entries.map(\.key) == ["b", "a", "x"])
    #expect(root["q"] == nil)
  }

  @Test func keysDifferByTheirScalars() {
    let root = read("\"\u{E9}\" = 1\n\"e\u{301}\" = 2\n\"\u{212B}\" = 3\n\"A\u{30A}\" = 4")
    #expect(root.entries.count == 4)
    for (key, value) in [("\u{E9}", Int64(1)), ("e\u{301}", 2), ("\u{212B}", 3), ("A\u{30A}", 4)] {
      guard case .integer(value) = root[key]?.node.value else {
        Issue.record("\(key) has another value")
        continue
      }
    }
  }

  @Test func knowsPlaces() throws {
    let text = "ä = 'é'\n  [b.c]  # x\nlist = [ 1,\n\t{ k = 2 } ]\nd.e = 1\r\n[[f]]\n[[f]]\n"
      .replacing("ä", with: "\"ä\"")
    let root = read(text)
    #expect(root.place == TOMLPlace(line: 1, column: 1, bytes: 0..<0))
    let first = try #require(root["ä"])
    #expect(first.keyPlace == TOMLPlace(line: 1, column: 1, bytes: 0..<4))
    #expect(first.node.place == TOMLPlace(line: 1, column: 7, bytes: 7..<11))
    let outer = try table(root["b"])
    #expect(outer.place == TOMLPlace(line: 2, column: 4, bytes: 15..<16))
    let inner = try table(outer["c"])
    #expect(inner.place == TOMLPlace(line: 2, column: 3, bytes: 14..<19))
    guard case .array(let list) = inner["list"]?.node.value, list.count == 2 else {
      Issue.record("no list")
      return
    }
    #expect(list[0].place == TOMLPlace(line: 3, column: 10, bytes: 34..<35))
    #expect(list[1].place == TOMLPlace(line: 4, column: 2, bytes: 38..<47))
    let dotted = try table(inner["d"])
    #expect(dotted.place == TOMLPlace(line: 5, column: 1, bytes: 50..<51))
    guard case .array(let tables) = root["f"]?.node.value else {
      Issue.record("no list of tables")
      return
    }
    #expect(tables.map(\.place.line) == [6, 7])
    #expect(root["f"]?.node.place == tables[0].place)
    #expect(root["f"]?.keyPlace == TOMLPlace(line: 6, column: 3, bytes: 61..<62))
  }

  @Test func namesKinds() {
    let root = read(
      """
      a = "x"
      b = 1
      c = 1.5
      d = true
      e = 2026-05-27T07:32:00Z
      f = 2026-05-27 07:32:00
      g = 2026-05-27
      h = 07:32:00
      i = []
      j = {}
      """)
    #expect(
      root.entries.map(\.node.value.kindName) == [
        "a string", "a whole number", "a decimal number", "true", "a date with time",
        "a date with time", "a date", "a time of day", "a list", "a table",
      ])
  }
}

extension TOMLPlace {
  fileprivate static var start: TOMLPlace { TOMLPlace(line: 1, column: 1, bytes: 0..<0) }
}
