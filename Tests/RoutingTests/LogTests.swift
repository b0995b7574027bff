import Foundation
import Testing

@testable import Config
@testable import Telemetry

struct LogTests {
  private func line(_ message: String, _ fields: KeyValuePairs<StaticString, String>) -> String {
    let bytes = LogLine.make(
      unixSeconds: 0, level: .warn, component: "fleet", message: message, fields: fields)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func linesAreReadable() {
    #expect(
      line("backend is down", ["name": "a", "why": "no \"route\"", "empty": ""])
        == "1970-01-01T00:00:00Z warn  fleet: backend is down name=a why=\"no \\\"route\\\"\""
        + "\n")
  }

  @Test func aPeerCannotForgeALine() {
    let forged = line("a\nb\u{1B}[31m", ["k": "x\r\n1970 error y"])
    #expect(forged.count { $0.isNewline } == 1)
    #expect(!forged.contains("\u{1B}"))
  }

  @Test func longLinesAreCut() {
    let cut = line(String(repeating: "é", count: 4_000), [:])
    #expect(cut.utf8.count <= LogLine.longest)
    #expect(cut.hasSuffix("...\n"))
    #expect(!cut.contains("\u{FFFD}"))
  }

  /// A reader that does not read costs lines, never time; they are counted afterwards.
  @Test func aFullPipeLosesLinesAndSaysSo() throws {
    let pipe = Pipe()
    let log = Log(level: .info, output: pipe.fileHandleForWriting.fileDescriptor)
    for number in 0..<2_000 { log.info("test", String(repeating: "x", count: 200) + "\(number)") }
    log.debug("test", "not written at this level")
    let first = pipe.fileHandleForReading.availableData
    log.info("test", "last")
    try pipe.fileHandleForWriting.close()
    let text = String(
      decoding: first + (try pipe.fileHandleForReading.readToEnd() ?? Data()), as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.last?.hasSuffix("test: last") == true)
    let note = try #require(lines.dropLast().last)
    #expect(note.contains("log: lines were lost"))
    let lost = try #require(Int(note.split(separator: "=").last ?? ""))
    #expect(lost + lines.count - 2 == 2_000)
  }
}
