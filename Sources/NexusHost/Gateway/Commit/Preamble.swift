import Text

/// The beginning of an event stream as long as it says nothing of the answer: the role, empty deltas,
/// comments, events that announce others. While a reply is no more than that, nothing of it is sent
/// and another backend may still be tried. A value; any cuts of the stream give the same verdicts.
struct Preamble {
  /// What the bytes so far are.
  enum Verdict: Equatable {
    /// Nothing but preamble.
    case held
    /// The answer has begun, or there is more preamble than is held.
    case output
    /// The server has said that it cannot answer.
    case failure
  }

  /// Most events that are held. Comments are none.
  static let mostEvents = 64
  /// Most bytes that are held, with their framing.
  static let mostBytes = 256 << 10
  /// How long they are held, in milliseconds: clients wait for the head of their answer.
  static let longestHold: UInt64 = 5_000

  private var scanner = SSEScanner(maxEventBytes: mostBytes)
  private var events = 0
  private(set) var verdict = Verdict.held

  /// Takes in the next bytes of the stream. The first verdict that is not `held` stays.
  mutating func take(_ bytes: Span<UInt8>) -> Verdict {
    guard verdict == .held else { return verdict }
    // The scanner may not be asked about while it works.
    var (verdict, events) = (Verdict.held, events)
    scanner.scan(bytes) { name, data in
      guard verdict == .held else { return }
      switch EventJudge.kind(name, data) {
      case .preamble:
        events += 1
        if events > Self.mostEvents { verdict = .output }
      case .output: verdict = .output
      case .failure: verdict = .failure
      }
    }
    if verdict == .held, scanner.droppedEvents > 0 { verdict = .output }
    self.verdict = verdict
    self.events = events
    return verdict
  }
}
