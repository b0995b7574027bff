import Drivers
import HTTP
import Net

/// Holds an event stream back in the upstream input while it is no more than preamble: what fails
/// until then may still be tried elsewhere. Confined to its loop's thread.
final class PreambleHold: ReadStep {
  /// How the holding ended.
  enum End {
    /// The reply is for the client, and no other backend is tried any more. `ended` if the driver has
    /// already said how the reply ends.
    case commit(ended: Verdict?)
    case failed(DriverFailure)
    /// The client has gone, or the gateway stops.
    case cancelled
  }

  private let call: UpstreamCall
  private let loop: EventLoop
  private(set) var preamble = Preamble()
  /// How many ranges of the payload have been looked at.
  private(set) var seen = 0
  private var end: End?

  init(_ call: UpstreamCall, _ loop: EventLoop) {
    self.call = call
    self.loop = loop
  }

  /// Looks at what has come, and reads on until it is known what the reply is or it has been held for
  /// long enough. A stream whose first event is output costs no wait.
  func run() async -> End {
    if let end = look() ?? take(call.showBody()) { return end }
    call.patience = loop.now + Preamble.longestHold
    defer { call.patience = .max }
    guard let progress = await call.drive(self) else { return end ?? .commit(ended: nil) }
    return take(progress) ?? .commit(ended: nil)
  }

  func step() -> Bool {
    guard let progress = call.advanceNow() else { return true }
    end = take(progress)
    return end == nil
  }

  /// What the reply's progress means for the holding; nil if that goes on.
  private func take(_ progress: UpstreamCall.Progress) -> End? {
    let found = look()
    switch progress {
    case .cancelled: return .cancelled
    case .more: return found ?? (isFull ? .commit(ended: nil) : nil)
    // What came before decides, whatever the cuts: some of the answer is there.
    case .verdict(let verdict) where preamble.verdict == .output: return .commit(ended: verdict)
    case .verdict(.failed): return .failed(call.exchange.sink.failure ?? Self.broken)
    case .verdict(let verdict): return found ?? .commit(ended: verdict)
    }
  }

  /// Looks at the payload that has come since the last look; nil if it is preamble.
  private func look() -> End? {
    guard let input = call.connection?.input else { return nil }
    let payload = call.payload
    while seen < payload.count, preamble.verdict == .held {
      _ = preamble.take(input.span.extracting(payload[seen]))
      seen += 1
    }
    switch preamble.verdict {
    case .held: return nil
    case .output: return .commit(ended: nil)
    case .failure: return .failed(Self.broken)
    }
  }

  private var isFull: Bool {
    (call.connection?.input?.count ?? 0) - call.headLength > Preamble.mostBytes
  }

  /// An error in the stream that its driver has passed over.
  static let broken = DriverFailure(
    .upstreamBroken, "the server reported an error before its answer began")
}
