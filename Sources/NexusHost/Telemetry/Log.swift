import Config
import Glibc
import Net
import Synchronization

/// The log: lines for people on a file descriptor, from any thread.
///
/// Writing never waits. A reader that is too slow loses lines, and the next line that goes through
/// says how many. No caller may put a key or the content of a message into a line.
public final class Log: Sendable {
  /// What is written; each level includes those above it.
  public let level: LogLevel
  private let output: CInt
  private let lost = Atomic<UInt64>(0)

  /// A log to `output`, by default standard error; the descriptor stays the caller's.
  public init(level: LogLevel = .info, output: CInt = STDERR_FILENO) {
    self.level = level
    self.output = output
  }

  /// Writes a line if `level` is on. `component` is the part of the program that speaks, `message`
  /// a sentence without a full stop, `fields` what it is about.
  public func write(
    _ level: LogLevel, _ component: StaticString, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, String> = [:]
  ) {
    guard level <= self.level else { return }
    let now = MonotonicClock.unixSeconds()
    let missing = lost.exchange(0, ordering: .relaxed)
    if missing > 0 {
      let note = LogLine.make(
        unixSeconds: now, level: .warn, component: "log", message: "lines were lost",
        fields: ["count": "\(missing)"])
      if !put(note) { lost.wrappingAdd(missing, ordering: .relaxed) }
    }
    let line = LogLine.make(
      unixSeconds: now, level: level, component: component, message: message(), fields: fields())
    if !put(line) { lost.wrappingAdd(1, ordering: .relaxed) }
  }

  public func error(
    _ component: StaticString, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, String> = [:]
  ) { write(.error, component, message(), fields()) }

  public func warn(
    _ component: StaticString, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, String> = [:]
  ) { write(.warn, component, message(), fields()) }

  public func info(
    _ component: StaticString, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, String> = [:]
  ) { write(.info, component, message(), fields()) }

  public func debug(
    _ component: StaticString, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, String> = [:]
  ) { write(.debug, component, message(), fields()) }

  public func trace(
    _ component: StaticString, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, String> = [:]
  ) { write(.trace, component, message(), fields()) }

  /// Writes the whole line, or nothing if that could wait: a pipe that polls as writable takes at
  /// least a page at once (pipe(7)), and no line is longer.
  private func put(_ line: [UInt8]) -> Bool {
    var state = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
    guard poll(&state, 1, 0) == 1, state.revents & Int16(POLLOUT) != 0 else { return false }
    return line.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) } == line.count
  }
}
