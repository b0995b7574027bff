import Foundation

@testable import Control

/// One life of `state-torture`, read line by line, that can be ended at any moment.
final class TortureRun {
  private let process = Process()
  private let output: FileHandle
  private var unread: [UInt8] = []
  private var ended = false

  /// Starts to write `count` records from number `first` on.
  init(
    _ directory: String, compactAbove: Int, first: Int, count: Int = 1 << 40,
    fileSizeLimit: Int? = nil
  ) throws {
    // The binary lies beside the test bundle.
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.executableURL =
      bundle.deletingLastPathComponent().appendingPathComponent("state-torture")
    process.arguments =
      [directory]
      + ([compactAbove, first, count] + (fileSizeLimit.map { [$0] } ?? [])).map(String.init)
    let pipe = Pipe()
    process.standardOutput = pipe
    output = pipe.fileHandleForReading
    try process.run()
  }

  /// The next whole line, or nil at the end.
  func line() -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread.removeSubrange(...end) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      guard !ended else { return nil }
      let more = output.availableData
      unread += more
      ended = more.isEmpty
    }
  }

  /// Kills it, and gives the lines that it had still said.
  func kill() -> [String] {
    Foundation.kill(process.processIdentifier, SIGKILL)
    return rest()
  }

  /// All lines to its end.
  func rest() -> [String] {
    var lines: [String] = []
    while let line = line() { lines.append(line) }
    process.waitUntilExit()
    return lines
  }

  var status: Int32 { process.terminationStatus }
}
