import Config
import Glibc
import Net
import Synchronization

/// The log: lines on a file descriptor, from any thread, each with a level, the component that
/// speaks, a message and fields.
///
/// Writing never waits for the sink, and a line that is off costs one load. No caller may put a key or
/// the content of a message into a line.
public final class Log: Sendable {
  private let thresholds: Atomic<UInt64>
  private let style: LogStyle
  private let writer: LogWriter

  /// A log to `output`, by default standard error; the descriptor stays the caller's. `isColored`:
  /// nil means on terminals, unless `NO_COLOR` is set.
  public init(
    levels: LogLevels, format: LogFormat = .pretty, isColored: Bool? = nil,
    output: CInt = STDERR_FILENO
  ) {
    let isColored = isColored ?? (isatty(output) == 1 && !Self.refusesColor)
    style = LogStyle(format: format, isColored: isColored && format == .pretty)
    thresholds = Atomic(LogThresholds(levels).rawValue)
    writer = LogWriter(output: output, style: style)
  }

  /// The same with one level for all.
  public convenience init(level: LogLevel = .info, output: CInt = STDERR_FILENO) {
    self.init(levels: LogLevels(level), output: output)
  }

  deinit { writer.close() }

  /// How much each component says; can be changed at any time.
  public var levels: LogLevels {
    get { LogThresholds(rawValue: thresholds.load(ordering: .relaxed)).levels }
    set { thresholds.store(LogThresholds(newValue).rawValue, ordering: .relaxed) }
  }

  /// Lines that were dropped since the start, because the sink did not take them fast enough.
  public var dropped: UInt64 { writer.dropped }

  /// Waits until all lines so far are written, at most so many milliseconds; false if they are not.
  /// For starts and ends of the program, not for threads that serve requests.
  @discardableResult
  public func flush(within milliseconds: UInt64 = 500) -> Bool {
    writer.flush(within: milliseconds)
  }

  /// Whether lines of that level are written: for callers that gather much before they write.
  @inline(__always)
  public func isOn(_ level: LogLevel, _ component: LogComponent) -> Bool {
    LogThresholds(rawValue: thresholds.load(ordering: .relaxed)).allow(level, component)
  }

  /// Writes a line if `level` is on for `component`. `message` is a sentence without a full stop,
  /// `fields` what it is about; names of fields are stable.
  @inline(__always)
  public func write(
    _ level: LogLevel, _ component: @autoclosure () -> LogComponent,
    _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, any LogValue> = [:]
  ) {
    let thresholds = LogThresholds(rawValue: thresholds.load(ordering: .relaxed))
    guard thresholds.allow(level) else { return }
    let component = component()
    guard thresholds.allow(level, component) else { return }
    let line = LogLine()
    line.start(style, level, component, unixNanoseconds: MonotonicClock.unixNanoseconds())
    line.message(message())
    for (name, value) in fields() { value.write(to: line, as: name) }
    line.finish()
    writer.append(line)
  }

  /// The same for lines that are written often: `fields` writes into `line`, which is used again from
  /// line to line.
  public func write(
    _ level: LogLevel, _ component: LogComponent, _ message: StaticString, into line: LogLine,
    _ fields: (LogLine) -> Void
  ) {
    guard isOn(level, component) else { return }
    line.start(style, level, component, unixNanoseconds: MonotonicClock.unixNanoseconds())
    line.message(message)
    fields(line)
    line.finish()
    writer.append(line)
  }

  /// What https://no-color.org asks for.
  private static var refusesColor: Bool {
    guard let value = getenv("NO_COLOR") else { return false }
    return value[0] != 0
  }
}

extension Log {
  @inline(__always)
  public func error(
    _ component: @autoclosure () -> LogComponent, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, any LogValue> = [:]
  ) { write(.error, component(), message(), fields()) }

  @inline(__always)
  public func warn(
    _ component: @autoclosure () -> LogComponent, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, any LogValue> = [:]
  ) { write(.warn, component(), message(), fields()) }

  @inline(__always)
  public func info(
    _ component: @autoclosure () -> LogComponent, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, any LogValue> = [:]
  ) { write(.info, component(), message(), fields()) }

  @inline(__always)
  public func debug(
    _ component: @autoclosure () -> LogComponent, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, any LogValue> = [:]
  ) { write(.debug, component(), message(), fields()) }

  @inline(__always)
  public func trace(
    _ component: @autoclosure () -> LogComponent, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, any LogValue> = [:]
  ) { write(.trace, component(), message(), fields()) }
}

extension LogComponent: ExpressibleByStringLiteral {
  public init(stringLiteral name: String) {
    let component = Self(name: name)
    assert(component != nil, "'\(name)' is not in the table of components")
    self = component ?? .log
  }
}
