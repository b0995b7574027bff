import Seeded
import Testing

@testable import Drivers

/// The ELF note reader: right on a sound file, silent or an error on every damaged one.
struct NoteTests {
  private func library() throws -> [UInt8] {
    let folder = try DriverFolder()
    try folder.compile("a", FaultDriver().source, flags: ["-shared", "-s", "-nostdlib"])
    return try folder.bytes("a.so")
  }

  @Test func readsTheNoteWithoutRunningTheFile() throws {
    let folder = try DriverFolder()
    let trap =
      FaultDriver().source + "\n__attribute__((constructor)) void trap(void) { __builtin_trap(); }"
    try folder.compile("a", trap)
    let inspection = try DriverInspector.inspect(path: "\(folder.path)/a.so")
    let note = try #require(inspection.note)
    #expect(note["id"] == "org.example.fault")
    #expect(note.list("operations") == ["identify", "survey"])
    #expect(note.list("services") == [])
    #expect(note.abi?.major == 1)
    #expect(note["summary"] == "A fault")
    #expect(inspection.size == (try folder.bytes("a.so")).count)
  }

  @Test func inspectionNamesTheFileAndTheFault() throws {
    let folder = try DriverFolder()
    try folder.write("x", Array("text".utf8))
    #expect(throws: DriverInspectionError(description: "\(folder.path)/x: not an ELF file")) {
      try DriverInspector.inspect(path: "\(folder.path)/x")
    }
    #expect(throws: DriverInspectionError.self) {
      try DriverInspector.inspect(path: "/nonexistent")
    }
  }

  @Test func everyCutIsAnErrorOrTheSameNote() throws {
    let whole = try library()
    let note = try #require(try DriverNote.read(try ELFFile(whole)))
    for length in stride(from: 0, to: whole.count, by: whole.count > 20_000 ? 7 : 1) {
      guard let found = try? DriverNote.read(try ELFFile(Array(whole.prefix(length)))) else {
        continue
      }
      #expect(found == note, "cut at \(length)")
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func corruptionNeverTraps(seed: UInt64) throws {
    let whole = try library()
    var random = SeededRandom(state: seed)
    for round in 0..<3_000 {
      var bytes = whole
      for _ in 0..<(1 + random.next() % 8) {
        // Headers and section table are where an offset can do harm; hit them often.
        let index =
          random.next() % 2 == 0
          ? Int(random.next() % 64) : bytes.count - 1 - Int(random.next() % UInt64(bytes.count))
        bytes[index] = UInt8(truncatingIfNeeded: random.next())
      }
      _ = try? DriverNote.read(try ELFFile(bytes))
      if round == 0 { #expect(bytes.count == whole.count, "seed \(seed)") }
    }
  }

  @Test(arguments: [
    ("a=1\nb= 2 \r\n\nc=x=y\n", ["a", "b", "c"]), ("", []), ("a=\0\0", ["a"]),
  ]) func linesBecomeEntries(text: String, keys: [String]) throws {
    let note = try DriverNote(text: Array(text.utf8)[...])
    #expect(note.entries.map(\.key) == keys)
    if keys.count == 3 {
      #expect(note["b"] == "2")
      #expect(note["c"] == "x=y")
    }
  }

  @Test(arguments: ["a", "=1", "a=1\na=2"]) func strangeLinesAreErrors(text: String) {
    #expect(throws: ELFError.self) { try DriverNote(text: Array(text.utf8)[...]) }
  }
}
