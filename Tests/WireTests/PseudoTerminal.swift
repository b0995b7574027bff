import Foundation
import Glibc

/// `nexus` on a terminal of its own (pty(7)), as the leader of its session: keys, signals and sizes
/// reach it as from a real one.
final class PseudoTerminal: @unchecked Sendable {  // All that changes is guarded by `lock`.
  private let lock = NSLock()
  private let process = Process()
  private var master: Int32
  private let device: String
  private var written: [UInt8] = []
  private let before: [UInt32]

  init(
    rows: Int, columns: Int, _ arguments: [String], environment: [String: String]
  ) throws(CaseFailure) {
    var ends: (master: Int32, slave: Int32) = (-1, -1)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    Sockets.inheritance.lock()
    let opened = openpty(&ends.master, &ends.slave, nil, nil, &size)
    for end in [ends.master, ends.slave] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    Sockets.inheritance.unlock()
    guard opened == 0 else {
      throw CaseFailure("no pseudo-terminal: \(String(cString: strerror(errno)))")
    }
    master = ends.master
    before = Self.modes(master)
    let slave = FileHandle(fileDescriptor: ends.slave, closeOnDealloc: true)
    do {
      device = try FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/self/fd/\(ends.slave)")
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
      process.arguments = ["--ctty", "--wait", ProgramRun.nexus] + arguments
      process.environment = ProcessInfo.processInfo.environment
        .merging(["TERM": "xterm-256color", "TZ": "UTC", "NO_COLOR": ""]) { $1 }
        .merging(environment) { $1 }
      process.standardInput = slave
      process.standardOutput = slave
      process.standardError = slave
      try ChildProcess.launch(process)
      try slave.close()
    } catch {
      throw CaseFailure("cannot start on a terminal: \(error)")
    }
    let source = master
    Thread { [self] in
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(source, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        lock.withLock { written += buffer[..<count] }
      }
    }.start()
  }

  deinit {
    kill(SIGKILL)
    if process.isRunning { process.terminate() }
    hangUp()
  }

  /// Everything that it was sent.
  var output: String { lock.withLock { String(decoding: written, as: UTF8.self) } }

  /// What it shows.
  var picture: TerminalPicture { TerminalPicture(output) }

  /// Whether keys mean again what they meant before.
  var isRestored: Bool { Self.modes(master) == before }

  func press(_ keys: String) { _ = write(master, keys, keys.utf8.count) }

  func resize(rows: Int, columns: Int) throws {
    let run = try ProgramRun(
      "/usr/bin/env", arguments: ["stty", "-F", device, "rows", "\(rows)", "cols", "\(columns)"])
    guard run.status == 0 else { throw CaseFailure("stty: \(run.errors)") }
  }

  /// Sends a signal to the program.
  func kill(_ signal: Int32) {
    let group = tcgetpgrp(master)
    if group > 1 { Glibc.kill(group, signal) }
  }

  /// The terminal goes away.
  func hangUp() {
    let old = lock.withLock {
      defer { master = -1 }
      return master
    }
    if old >= 0 { close(old) }
  }

  /// Waits until what is shown satisfies the condition.
  func wait(
    _ what: String, _ condition: (TerminalPicture) -> Bool
  ) throws(CaseFailure) {
    guard !ProcessFigures.wait({ condition(picture) }) else { return }
    throw CaseFailure("never \(what):\n\(picture.text)\n\(output.suffix(600).debugDescription)")
  }

  /// Its exit code.
  func exitCode() throws(CaseFailure) -> Int32 {
    guard ProcessFigures.wait({ !process.isRunning }) else {
      throw CaseFailure("it did not end; it shows:\n\(picture.text)")
    }
    return process.terminationStatus
  }

  private static func modes(_ fd: Int32) -> [UInt32] {
    var mode = termios()
    guard tcgetattr(fd, &mode) == 0 else { return [] }
    return [mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag]
  }
}

/// What a terminal shows that understands the sequences that `nexus top` uses, and whether it is left
/// as it was found. Letters are one column wide.
struct TerminalPicture {
  private var cells: [[Character]] = []
  private var row = 0
  private var column = 0
  /// The farthest that was written since all was cleared, counted from 1.
  private(set) var rows = 0
  private(set) var columns = 0
  private(set) var isAlternate = false
  private(set) var hasCursor = true
  /// Sequences that are not known here.
  private(set) var strange: [String] = []

  init(_ output: String) {
    var rest = Substring(output)
    while let letter = rest.popFirst() {
      if letter == "\u{1B}" { follow(&rest) } else { put(letter) }
    }
  }

  var text: String { cells.map { String($0) }.joined(separator: "\n") }

  func contains(_ text: String) -> Bool { self.text.contains(text) }

  private mutating func follow(_ rest: inout Substring) {
    guard rest.popFirst() == "[" else { return strange.append("escape") }
    let sequence = rest.prefix { $0.isNumber || $0 == ";" || $0 == "?" }
    rest = rest.dropFirst(sequence.count)
    guard let kind = rest.popFirst() else { return }
    switch (sequence, kind) {
    case ("?1049", "h"), ("?1049", "l"):
      isAlternate = kind == "h"
      cells = []
    case ("?25", "h"), ("?25", "l"): hasCursor = kind == "h"
    case ("?7", _), ("?2026", _), (_, "m"): break
    case ("2", "J"):
      cells = []
      rows = 0
      columns = 0
    case ("", "J"): if row < cells.count { cells.removeSubrange(row...) }
    case ("", "K"):
      if row < cells.count, column < cells[row].count { cells[row].removeSubrange(column...) }
    case (_, "H"):
      let place = sequence.split(separator: ";").compactMap { Int($0) }
      row = (place.first ?? 1) - 1
      column = (place.dropFirst().first ?? 1) - 1
    default: strange.append("\(sequence)\(kind)")
    }
  }

  private mutating func put(_ letter: Character) {
    switch letter {
    case "\r": column = 0
    case "\n": row += 1
    case "\r\n": (row, column) = (row + 1, 0)
    default:
      while cells.count <= row { cells.append([]) }
      while cells[row].count <= column { cells[row].append(" ") }
      cells[row][column] = letter
      column += 1
      rows = max(rows, row + 1)
      columns = max(columns, column)
    }
  }
}
