import Net

/// Watches a stream that is being passed on, where somebody wants to know: when its first output comes,
/// if its head went out before, and whether it gets on as fast as it should. Confined to its loop's
/// thread.
final class StreamMonitor: Timed {
  private let loop: EventLoop
  private let lessons: Lessons
  /// What has come of a stream whose first output is still to come.
  private var preamble: Preamble?
  /// How many ranges of payload the preamble has seen already.
  private var seen: Int
  private var pace: StreamPace?
  private var hasBegun = false
  /// Whether the stream was slower than it may be.
  private(set) var isSlow = false

  /// - Parameters:
  ///   - hold: what held the stream back before.
  ///   - least: fewest events in a second; 0 sets no limit.
  /// - Returns: nil if there is nothing to watch.
  init?(_ lessons: Lessons, _ hold: PreambleHold, least: Double, on loop: EventLoop) {
    let isAwaited = hold.preamble.verdict == .held
    guard isAwaited || least > 0 else { return nil }
    self.loop = loop
    self.lessons = lessons
    preamble = isAwaited ? hold.preamble : nil
    seen = hold.seen
    pace = least > 0 ? StreamPace(least: least) : nil
  }

  /// Takes in the next range of the payload, of those that the hold has seen too.
  func note(_ bytes: Span<UInt8>) {
    if seen > 0 {
      seen -= 1
    } else if preamble?.take(bytes) == .output {
      preamble = nil
      lessons.outputBegan()
    }
    guard preamble == nil, pace != nil else { return }
    pace?.note(bytes)
    if !hasBegun {
      hasBegun = true
      loop.expire(self, after: StreamPace.window)
    }
  }

  /// The client takes nothing at the moment.
  func waitForClient() { pace?.waitForClient() }

  /// The stream has ended.
  func stop() { loop.cancelExpiry(self) }

  override func expire() {
    guard pace?.endWindow() == true else { return loop.expire(self, after: StreamPace.window) }
    pace = nil
    isSlow = true
    lessons.answerIsSlow()
  }
}
