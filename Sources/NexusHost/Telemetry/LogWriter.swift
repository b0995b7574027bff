import Config
import Glibc
import Net
import Synchronization

/// Takes finished lines from any thread and writes them on a thread of its own.
///
/// Lines wait in a queue that is bounded in bytes and number; the lock is held for an append or an
/// exchange of buffers. A sink that takes nothing costs lines, never time: they are counted, and a
/// line says how many as soon as the sink takes lines again.
///
/// `@unchecked Sendable`: what changes is touched under `lock`, or by the writing thread alone.
final class LogWriter: @unchecked Sendable {
  /// Most bytes that wait.
  private static let byteLimit = 4 << 20
  /// Most lines that wait.
  private static let lineLimit = 16_384
  /// So many bytes are written without waiting for more.
  private static let hurry = 256 << 10
  /// How long the thread gathers lines after it has written some, in milliseconds: under load it
  /// then wakes a hundred times a second, not once a request.
  private static let gathering: UInt64 = 10
  /// Empty buffers that are larger are given back.
  private static let keptCapacity = 512 << 10

  private let output: CInt
  private let style: LogStyle
  /// Whether the sink is a file, which takes any number of lines whole.
  private let isFile: Bool

  private let lock = Mutex(())
  private var pending = ByteBuffer()
  private var pendingLines = 0
  private var accepted: UInt64 = 0
  private var isAwake = false
  private var isHurried = false
  private var thread: LoopThread?

  // Of the writing thread.
  private var batch = ByteBuffer()
  private var told: UInt64 = 0
  private var timer: Timed?

  private let lost = Atomic<UInt64>(0)
  private let finished = Atomic<UInt64>(0)
  private let isClosing = Atomic<Bool>(false)

  init(output: CInt, style: LogStyle) {
    self.output = output
    self.style = style
    var status = stat()
    isFile = fstat(output, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Lines that were dropped so far.
  var dropped: UInt64 { lost.load(ordering: .relaxed) }

  /// Takes a finished line, or drops it. Never waits for the sink.
  func append(_ line: LogLine) {
    let mustWake = lock.withLock { _ in
      guard pending.count + line.bytes.count <= Self.byteLimit, pendingLines < Self.lineLimit else {
        lost.wrappingAdd(1, ordering: .relaxed)
        return false
      }
      pending.append(line.bytes, 0..<line.bytes.count)
      pendingLines += 1
      accepted += 1
      if !isAwake {
        isAwake = true
        return true
      }
      guard pending.count > Self.hurry, !isHurried else { return false }
      isHurried = true
      return true
    }
    if mustWake { wake() }
  }

  /// Waits until all lines taken so far are written, at most so many milliseconds. Not for threads
  /// that serve requests.
  @discardableResult
  func flush(within milliseconds: UInt64) -> Bool {
    let goal = lock.withLock { _ in accepted }
    guard finished.load(ordering: .acquiring) < goal else { return true }
    wake()
    let end = MonotonicClock.milliseconds() + milliseconds
    // Happens at starts and stops only, so a look every now and then is cheap enough.
    while finished.load(ordering: .acquiring) < goal {
      guard MonotonicClock.milliseconds() < end else { return false }
      usleep(200)
    }
    return true
  }

  /// Writes what waits, for half a second at most, and ends the thread.
  func close() {
    let isDone = flush(within: 500)
    isClosing.store(true, ordering: .relaxed)
    guard let thread = lock.withLock({ _ in thread }) else { return }
    thread.loop.stop()
    // A thread that hangs in a sink which takes nothing ends with the process.
    if isDone { thread.join() }
  }

  // MARK: The writing thread

  private func wake() {
    let loop = lock.withLock { _ in
      if thread == nil { thread = Self.makeThread() }
      if thread == nil { isAwake = false }
      return thread?.loop
    }
    loop?.post { [weak self] in self?.drain() }
  }

  /// Without a thread lines wait, and the next one tries again.
  private static func makeThread() -> LoopThread? {
    do {
      return try LoopThread(name: "nexus-log", loop: EventLoop())
    } catch {
      return nil
    }
  }

  /// Writes what has come, and looks again a little later until nothing more has.
  private func drain() {
    let (lines, loop) = lock.withLock { _ in
      swap(&pending, &batch)
      let lines = pendingLines
      pendingLines = 0
      isAwake = lines > 0
      isHurried = false
      return (lines, thread?.loop)
    }
    if let timer { loop?.cancelExpiry(timer) }
    timer = nil
    guard lines > 0 else { return }
    // Everything dropped up to now came behind these lines.
    let dropped = dropped
    write(batch)
    if dropped > told, !isClosing.load(ordering: .relaxed) { tell(dropped) }
    if batch.capacity > Self.keptCapacity { batch = ByteBuffer() } else { batch.removeAll() }
    finished.wrappingAdd(UInt64(lines), ordering: .releasing)
    timer = loop?.after(Self.gathering) { [weak self] in self?.drain() }
  }

  private func tell(_ dropped: UInt64) {
    let line = LogLine()
    line.start(style, .warn, .log, unixNanoseconds: MonotonicClock.unixNanoseconds())
    line.message("lines were dropped, because they were not taken fast enough" as StaticString)
    line.field("count", Int64(clamping: dropped - told))
    line.finish()
    told = dropped
    write(line.bytes)
  }

  /// Writes whole lines, waiting while the sink takes nothing.
  private func write(_ lines: ByteBuffer) {
    var position = 0
    while position < lines.count {
      var end = isFile ? lines.count : min(position + LogLine.longest, lines.count)
      while end > position + 1, lines[end - 1] != 0x0A { end -= 1 }
      guard waitUntilWritable(), send(lines, position..<end) else { break }
      position = end
    }
    guard position < lines.count else { return }
    var rest: UInt64 = 0
    for index in position..<lines.count where lines[index] == 0x0A { rest += 1 }
    lost.wrappingAdd(rest, ordering: .relaxed)
  }

  /// A pipe that polls as writable takes at least a page at once (pipe(7)), so a write of no more
  /// does not hang, and lines of several processes stay apart. False when the log is closed.
  private func waitUntilWritable() -> Bool {
    while !isClosing.load(ordering: .relaxed) {
      var state = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
      let count = poll(&state, 1, 100)
      if count > 0 || (count < 0 && errno != EINTR) { return true }
    }
    return false
  }

  /// Writes the range; false if the sink is broken.
  private func send(_ lines: ByteBuffer, _ range: Range<Int>) -> Bool {
    var rest = range
    while !rest.isEmpty {
      // The pointer is for the system call alone.
      let count = lines.span.extracting(rest).withUnsafeBytes {
        Glibc.write(output, $0.baseAddress, $0.count)
      }
      if count > 0 {
        rest = rest.lowerBound + count..<rest.upperBound
      } else if count < 0, errno == EAGAIN {
        guard waitUntilWritable() else { return false }
      } else if count == 0 || errno != EINTR {
        return false
      }
    }
    return true
  }
}
