import Foundation
import Glibc
import Synchronization
import Testing

/// A program that the tests start, with its output at hand.
final class ChildProcess: @unchecked Sendable {  // All that changes is guarded by `changed`.
  private let process = Process()
  private let changed = NSCondition()
  private var output = ""
  private var errors = ""
  private var openPipes = 2

  init(
    _ path: String, arguments: [String], environment: [String: String] = [:],
    input: Int32? = nil, keptLog: Int = 20_000
  ) throws(CaseFailure) {
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let outputPipe = Pipe()
    let errorPipe = Pipe()
    process.standardOutput = outputPipe
    process.standardError = errorPipe
    process.standardInput =
      input.map { FileHandle(fileDescriptor: $0, closeOnDealloc: false) } ?? .nullDevice
    try start(path)
    collect(outputPipe) { $0.output += String(decoding: $1, as: UTF8.self) }
    let watch = Mutex(Planted.Watch())
    collect(errorPipe) {
      $0.errors = String(($0.errors + String(decoding: $1, as: UTF8.self)).suffix(keptLog))
      let leak = $1
      if let place = watch.withLock({ $0.find(in: leak) }) {
        Issue.record("a planted secret has reached the log of \(path):\n\(place)")
      }
    }
  }

  var identifier: Int32 { process.processIdentifier }

  var isRunning: Bool { process.isRunning }

  /// The end of what it wrote on standard error, so much as is kept.
  var log: String {
    changed.lock()
    defer { changed.unlock() }
    return errors
  }

  /// All lines of its standard output.
  var lines: [String] {
    changed.lock()
    defer { changed.unlock() }
    return output.split(separator: "\n").map(String.init)
  }

  /// The first whole line of its standard output with the text in it.
  func line(containing text: String, within seconds: Double = 10) throws(CaseFailure) -> String {
    let deadline = Date() + seconds
    changed.lock()
    defer { changed.unlock() }
    while true {
      let whole = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if let line = whole.first(where: { $0.contains(text) }) { return String(line) }
      guard process.isRunning || output.isEmpty, changed.wait(until: deadline) else {
        throw CaseFailure(
          "\(process.executableURL?.lastPathComponent ?? "") did not say '\(text)' but"
            + " '\(output)'; its log:\n\(errors)")
      }
    }
  }

  func signal(_ number: Int32) {
    if process.isRunning { Glibc.kill(identifier, number) }
  }

  func kill() {
    signal(SIGKILL)
    process.waitUntilExit()
    waitForEnd()
  }

  /// Waits until all that it wrote has been read.
  private func waitForEnd() {
    let deadline = Date() + 2
    changed.lock()
    while openPipes > 0, changed.wait(until: deadline) {}
    changed.unlock()
  }

  /// Its exit status; a signal's number is negative.
  func waitForExit(within seconds: Double = 10) throws(CaseFailure) -> Int32 {
    let deadline = Date() + seconds
    while process.isRunning {
      guard Date() < deadline else {
        kill()
        throw CaseFailure("process \(identifier) did not end in \(seconds) s; its log:\n\(log)")
      }
      usleep(2000)
    }
    waitForEnd()
    let status = process.terminationStatus
    return process.terminationReason == .exit ? status : -status
  }

  private func start(_ path: String) throws(CaseFailure) {
    do {
      try Self.launch(process)
    } catch {
      throw CaseFailure("cannot start \(path) (is it built? `make build`): \(error)")
    }
  }

  /// Starts a process that inherits nothing of this one but what it is given.
  static func launch(_ process: Process) throws {
    Sockets.inheritance.lock()
    defer { Sockets.inheritance.unlock() }
    // Threads of a pool have signals blocked, and a child would inherit that.
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  private func collect(
    _ pipe: Pipe, _ add: @escaping @Sendable (ChildProcess, Data) -> Void
  ) {
    let handle = pipe.fileHandleForReading
    Thread { [self] in
      while true {
        let data = handle.availableData
        changed.lock()
        add(self, data)
        if data.isEmpty { openPipes -= 1 }
        changed.broadcast()
        changed.unlock()
        if data.isEmpty { return }
      }
    }.start()
  }
}
