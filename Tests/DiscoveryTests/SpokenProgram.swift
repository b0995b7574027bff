import Foundation
import Glibc

/// A program that is started while another's pipes are made would hold them open.
private let starting = NSLock()

/// A program that is told lines and answers in lines.
final class SpokenProgram: @unchecked Sendable {  // What changes is guarded by `changed`.
  struct Silence: Error, CustomStringConvertible { let description: String }

  private let process = Process()
  private let input: Pipe
  private let changed = NSCondition()
  private var rest: [UInt8] = []
  private var lines: [String] = []
  private var read = 0
  private var ended = false

  init(_ path: String, _ arguments: [String] = [], bus: String? = nil) throws {
    starting.lock()
    defer { starting.unlock() }
    input = Pipe()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let bus {
      process.environment = ProcessInfo.processInfo.environment
        .merging(["DBUS_SYSTEM_BUS_ADDRESS": bus]) { $1 }
    }
    process.standardInput = input
    process.standardOutput = output
    for pipe in [input, output] {
      for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
        _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
      }
    }
    try process.run()
    output.fileHandleForReading.readabilityHandler = { [weak self] handle in
      let bytes = handle.availableData
      if bytes.isEmpty { handle.readabilityHandler = nil }
      self?.take(bytes)
    }
  }

  deinit {
    try? input.fileHandleForWriting.close()
    kill()
  }

  /// What it has written; nothing at its end.
  private func take(_ bytes: Data) {
    changed.lock()
    defer { changed.unlock() }
    rest += bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(String(decoding: rest[..<end], as: UTF8.self))
      rest.removeSubrange(...end)
    }
    ended = bytes.isEmpty
    changed.broadcast()
  }

  func say(_ words: String...) {
    let line = words.joined(separator: "\t") + "\n"
    try? input.fileHandleForWriting.write(contentsOf: Data(line.utf8))
  }

  /// The next line that begins so, leaving out those before it; nil after the time.
  func line(_ start: String, within seconds: Double = 10) throws -> String {
    let deadline = Date() + seconds
    changed.lock()
    defer { changed.unlock() }
    while true {
      while read < lines.count {
        read += 1
        if lines[read - 1].hasPrefix(start) { return lines[read - 1] }
      }
      guard !ended, changed.wait(until: deadline) else {
        throw Silence(description: "no '\(start)' within \(seconds) s; it said \(lines)")
      }
    }
  }

  /// All lines until now that begin so.
  func all(_ start: String) -> [String] {
    changed.lock()
    defer { changed.unlock() }
    return lines.filter { $0.hasPrefix(start) }
  }

  /// Closes its input and waits for its end: its exit status.
  func end() -> Int32 {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Ends it at once; a child inherits from a test's thread that it does not hear softer signals.
  func kill() {
    if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }
}
