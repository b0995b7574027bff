import Foundation
import Testing

/// The forms of a report, and what the command says about its own use.
@Suite struct ReportTests {
  private static let sound =
    CheckRun.repository.appendingPathComponent("Tests/Zoo/no-note.c").path

  private func run(_ options: String...) throws -> CheckRun {
    let place = try CompiledDrivers()
    return try CheckRun([try place.compile(Self.sound), "--only", "file"] + options)
  }

  @Test func people() throws {
    let report = try run()
    #expect(report.status == 1)
    #expect(report.output.contains("  ✓ file.exports"))
    #expect(report.output.contains("  ✗ file.note"))
    #expect(report.output.contains("      again: nexus plugins check /"))
    #expect(report.output.contains("\nFailed: 8 passed, 1 failed;"))
    #expect(!report.output.contains("\u{1B}"), "colours without a terminal")
  }

  @Test func tap() throws {
    let lines = try run("--tap").output.split(separator: "\n")
    #expect(lines.first == "TAP version 14")
    #expect(lines.dropFirst().first == "1..9")
    #expect(lines.contains { $0.hasPrefix("ok 1 - file.format") })
    #expect(lines.contains { $0.hasPrefix("not ok 9 - file.note") })
    #expect(lines.contains("  ---") && lines.contains("  ..."))
  }

  @Test(arguments: [
    (["--only", "exchange.cutz"], "exchange.cuts"), (["--seed", "x"], "--seed"),
    (["--json", "--tap"], "give one"), (["--exchanges"], "needs a value"),
  ]) func usage(_ options: [String], _ words: String) throws {
    let report = try CheckRun(["some.so"] + options)
    #expect(report.status == 2)
    #expect(report.output.contains(words), "\(report.output)")
  }

  @Test func missingFile() throws {
    let report = try CheckRun(["/nowhere/some.so"])
    #expect(report.status == 1)
    #expect(report.output.contains("The file cannot be read: No such file or directory."))
  }

  /// A recording that cannot be read is no reason to pass.
  @Test func brokenRecording() throws {
    let place = try CompiledDrivers()
    try "operation: dance\n".write(
      toFile: "\(place.path)/odd.exchange", atomically: true, encoding: .utf8)
    let report = try run("--exchanges", place.path)
    #expect(report.status == 1)
    #expect(report.output.contains("odd.exchange: line 1: there is no operation 'dance'"))
  }
}
