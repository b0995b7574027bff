import CConform
import CLinux
import Glibc

/// A child process that tries something, and what became of it.
final class TrialProcess {
  /// How it ended.
  enum Ending: Equatable, Sendable {
    /// It did all that it was told.
    case finished
    /// It stopped at something that it noted.
    case stopped
    /// It ended in the middle.
    case fell
    /// It was ended, because it did not go on.
    case hung
    /// It could not be started.
    case failed(String)
  }

  let trial: Trial
  let page: TrialPage
  private let child: pid_t
  private var lastMoves: UInt64 = 0
  private var cpuAtMove: UInt64 = 0
  private var clockAtMove: UInt64
  private(set) var status: Int32 = 0

  /// What it may compute, and what it may wait, without making a call, in nanoseconds.
  private static let mostComputing: UInt64 = 500_000_000
  private static let mostWaiting: UInt64 = 20_000_000_000

  /// Starts it; throws the reason if that does not work.
  init(_ order: TrialOrder, now: UInt64) throws(TrialStartError) {
    trial = order.trial
    let file = nexus_memory_file("nexus:check")
    guard file >= 0, ftruncate(file, MemoryLayout<conform_page>.size) == 0,
      let page = TrialPage(descriptor: file)
    else { throw TrialStartError("no memory for a child: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    self.page = page
    clockAtMove = now
    let words = ["nexus", TrialChild.name] + order.words
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var started: CInt = 0
    let fault = conform_spawn("/proc/self/exe", &arguments, file, &started)
    guard fault == 0 else {
      munmap(page.address, MemoryLayout<conform_page>.size)
      throw TrialStartError("no child can be started: \(String(cString: strerror(fault)))")
    }
    child = started
  }

  deinit { munmap(page.address, MemoryLayout<conform_page>.size) }

  /// How it ended, or nil while it goes on. Ends it if it hangs.
  func poll(now: UInt64) -> Ending? {
    if waitpid(child, &status, WNOHANG) == child { return ending }
    let moves = page.moves
    // Mapping has no moves, but is one.
    let cpu = conform_cpu_time(child)
    if moves != lastMoves || cpuAtMove == 0 {
      lastMoves = moves
      cpuAtMove = max(cpu, 1)
      clockAtMove = now
      return nil
    }
    guard cpu > cpuAtMove + Self.mostComputing || now > clockAtMove + Self.mostWaiting else {
      return nil
    }
    kill(child, SIGKILL)
    waitpid(child, &status, 0)
    return .hung
  }

  /// Ends it, whatever it does.
  func end() {
    kill(child, SIGKILL)
    waitpid(child, &status, 0)
  }

  private var ending: Ending {
    let page = page.address.pointee
    if page.fault.kind != CONFORM_FAULT_NONE { return .fell }
    if page.stopped != 0 { return .stopped }
    return page.finished != 0 ? .finished : .fell
  }
}

/// Why a child could not be started.
struct TrialStartError: Error, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
