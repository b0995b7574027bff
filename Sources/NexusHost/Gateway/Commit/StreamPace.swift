/// How fast a stream comes, in events of data as a stand-in for tokens, judged over one window of time
/// after the other. Comments do not count: they show that a connection is alive, not that an answer
/// gets on. A value.
struct StreamPace {
  /// How long a window is, in milliseconds.
  static let window: UInt64 = 10_000

  /// Fewest events in a window.
  private let least: Double
  private var events = 0
  private var counter = EventCounter()
  /// Whether the client was waited for: then the window says nothing of the backend.
  private var waited = false

  /// - Parameter least: events in a second.
  init(least: Double) { self.least = least * Double(Self.window) / 1_000 }

  /// Takes in the next bytes of the stream.
  mutating func note(_ bytes: Span<UInt8>) { events += counter.count(bytes) }

  /// The client took nothing for a while.
  mutating func waitForClient() { waited = true }

  /// Ends a window and begins the next. Returns whether the stream was too slow in it.
  mutating func endWindow() -> Bool {
    defer { (events, waited) = (0, false) }
    return !waited && Double(events) < least
  }
}
