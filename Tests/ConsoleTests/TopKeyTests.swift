import Console
import Seeded
import Testing

@Suite struct TopKeyTests {
  private static let sequences: [(String, TopKey)] = [
    ("q", .letter("q")), ("\u{1B}[A", .up), ("\u{1B}OB", .down), ("\u{1B}[5~", .pageUp),
    ("\u{1B}[6~", .pageDown), ("\u{1B}[H", .home), ("\u{1B}[4~", .end), ("\r", .enter),
    ("\u{7F}", .backspace), ("\u{0C}", .redraw), ("é", .letter("é")), ("模", .letter("模")),
  ]

  /// However the bytes are cut, the keys are the same.
  @Test func keysDoNotDependOnCuts() {
    let bytes = Self.sequences.flatMap { Array($0.0.utf8) }
    let keys = Self.sequences.map(\.1)
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var reader = KeyReader()
      let read = random.cut(bytes, largest: 4).flatMap { reader.read($0) }
      #expect(read == keys, "seed \(seed)")
      #expect(!reader.isWaiting)
    }
  }

  @Test func escapeIsAKeyWhereNothingFollows() {
    var reader = KeyReader()
    #expect(reader.read([0x1B]).isEmpty && reader.isWaiting)
    #expect(reader.pause() == [.escape] && !reader.isWaiting)
    #expect(reader.read([0x1B, 0x1B, UInt8(ascii: "h")]) == [.escape, .escape, .letter("h")])
    // What is no key of ours is none, and does not stick.
    #expect(reader.read(Array("\u{1B}[1;5C\u{1B}[200~\u{1B}Ox".utf8)).isEmpty)
    #expect(reader.read(Array("q".utf8)) == [.letter("q")])
    #expect(
      reader.read([0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 100) + [0x71]).last == .letter("q")
    )
  }

  @Test func noiseEndsNowhere() {
    var random = SeededRandom(seed: 5)
    var reader = KeyReader()
    var state = TopState()
    for _ in 0..<3_000 {
      let bytes = (0..<random.below(8)).map { _ in UInt8(random.below(256)) }
      for key in reader.read(bytes) { _ = state.on(key, mostScroll: random.below(5)) }
      if random.isOne(in: 4) { _ = reader.pause() }
      #expect((0...4).contains(state.scroll) && state.filter.count <= 64)
    }
    _ = reader.pause()
    #expect(reader.read([0x71]) == [.letter("q")])
  }

  @Test func keysChangeWhatIsShown() {
    var state = TopState()
    func press(_ keys: TopKey..., most: Int = 3) -> TopState.Action {
      var action = TopState.Action.draw
      for key in keys { action = state.on(key, mostScroll: most) }
      return action
    }
    #expect(press(.letter("s")) == .draw && state.sort == .name)
    #expect(press(.letter("S"), .letter("S")) == .draw && state.sort == .errors)
    #expect(press(.down, .down, .pageDown) == .draw && state.scroll == 3)
    #expect(press(.up) == .draw && state.scroll == 2)
    #expect(press(.home) == .draw && state.scroll == 0)
    #expect(press(.letter("/"), .letter("q"), .letter("w")) == .draw && state.filter == "qw")
    #expect(press(.backspace, .enter) == .draw && state.filter == "q" && !state.isEditing)
    #expect(press(.escape) == .draw && state.filter.isEmpty)
    #expect(press(.letter("p")) == .draw && state.isPaused)
    #expect(press(.letter("h")) == .draw && state.showsHelp)
    #expect(press(.letter("x")) == .draw && !state.showsHelp)
    #expect(press(.redraw) == .redraw)
    #expect(press(.letter("q")) == .quit)
  }
}
