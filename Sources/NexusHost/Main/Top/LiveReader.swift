import CLinux
import Console
import Glibc
import HTTP
import Net
import Synchronization
import Text

/// Asks a gateway how everything stands, again and again, on a thread of its own.
///
/// `@unchecked Sendable`: what changes is guarded by `latest`, or touched on the loop's thread alone.
final class LiveReader: @unchecked Sendable {
  struct Latest: Sendable {
    var facts: TopFacts?
    /// The last requests that have ended, the newest last.
    var ended: [HistoryItem] = []
    /// Why there is nothing new, or nil.
    var trouble: String?
  }

  /// Readable when something new is there (eventfd(2)).
  let wake: Int32
  private let client: ControlClient
  private let interval: UInt64
  private let latest = Mutex(Latest())
  private var address: String?
  private var thread: LoopThread?

  /// How many of the requests that have ended are shown at most.
  private static let historyLimit = 100
  /// How long an answer is waited for, in milliseconds.
  private static let patience: UInt64 = 5_000

  /// `interval` is in milliseconds.
  init(_ client: ControlClient, interval: UInt64) {
    self.client = client.keepingConnection()
    self.interval = interval
    wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
  }

  var current: Latest { latest.withLock { $0 } }

  /// Takes note that `wake` was seen.
  func acknowledge() {
    var count: eventfd_t = 0
    eventfd_read(wake, &count)
  }

  /// Asks once, on this thread. Before `start()`.
  func look() throws(ControlError) {
    if !client.isConnected { address = nil }
    if address == nil {
      address = try client.json(.get, "/status", within: Self.patience).row.text("url") ?? ""
    }
    var facts = TopFacts(try client.json(.get, "/live", within: Self.patience))
    facts.address = address ?? ""
    let known = current
    var ended = known.ended
    if known.facts?.historyVersion != facts.historyVersion || known.trouble != nil {
      let answer = try client.json(
        .get, "/history?limit=\(Self.historyLimit)", within: Self.patience)
      ended = JSONRow.list(answer).compactMap { HistoryItem($0) }
    }
    latest.withLock { $0 = Latest(facts: facts, ended: ended) }
  }

  /// Goes on asking until the program ends.
  func start() throws(NetError) {
    let loop = try EventLoop()
    thread = try LoopThread(name: "nexus-live", loop: loop)
    loop.post { [self] in goOn(loop) }
  }

  private func goOn(_ loop: EventLoop) {
    _ = loop.after(interval) { [self] in
      do throws(ControlError) {
        try look()
      } catch {
        let reason = error.isPassing ? "waiting for the gateway" : "\(error)"
        latest.withLock { $0.trouble = reason }
      }
      eventfd_write(wake, 1)
      goOn(loop)
    }
  }
}
