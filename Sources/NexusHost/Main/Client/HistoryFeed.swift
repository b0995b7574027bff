import Config
import Console
import Gateway
import HTTP
import Net
import Text

/// Asks a gateway again and again for the requests that have ended since: each is given once, whatever
/// the gateway does meanwhile.
struct HistoryFeed {
  /// What there is to tell since the last time.
  struct News {
    var items: [HistoryItem] = []
    /// Requests that the history had forgotten before they were asked for.
    var missed: Int64 = 0
    /// Whether it is another gateway than before.
    var isRestarted = false
  }

  /// Which process answers: its id, and when it started on the clock of this machine.
  private struct Identity {
    let process: Int64
    let start: Int64

    /// Seconds are counted, not measured.
    private static let leeway: Int64 = 3

    func isSame(as other: Identity) -> Bool {
      process == other.process && abs(start - other.start) <= Self.leeway
    }
  }

  private let client: ControlClient
  private let filter: HistoryFilter
  private var cursor = HistoryCursor(at: [])
  private var identity: Identity?

  /// Entries of one answer: the most that it can hold.
  private static let page = 1_000
  /// How long an answer is waited for, in milliseconds.
  private static let patience: UInt64 = 10_000

  init(_ client: ControlClient, _ filter: HistoryFilter) {
    self.client = client.keepingConnection()
    self.filter = filter
  }

  /// Begins now; gives the last requests that fit, so many at most.
  mutating func begin(last count: Int) throws(ControlError) -> [HistoryItem] {
    identity = try look()
    let present = try history(["limit=\(Self.page)"])
    cursor = HistoryCursor(at: present)
    guard !filter.isOff || count > present.count else { return present.suffix(count) }
    var found: [HistoryItem] = []
    while found.count < count {
      let wanted = min(Self.page, count - found.count)
      let before = found.first.map { ["before=\($0.id)"] } ?? []
      let page = try history(["limit=\(wanted)"] + before + query)
      found = page + found
      if page.count < wanted { break }
    }
    return found.filter(cursor.isPast)
  }

  /// What has ended since.
  mutating func next() throws(ControlError) -> News {
    var news = News()
    if !client.isConnected {
      let now = try look()
      if let identity, !identity.isSame(as: now) {
        news.isRestarted = true
        cursor = HistoryCursor(at: [])
      }
      identity = now
    }
    var found: [HistoryItem] = []
    let after = cursor.after.map { ["after=\($0)"] } ?? []
    while true {
      let before = found.first.map { ["before=\($0.id)"] } ?? []
      let page = try history(["limit=\(Self.page)"] + after + before)
      found = page + found
      if page.count < Self.page { break }
    }
    let (fresh, missed) = cursor.take(found)
    news.items = fresh.filter(filter.matches)
    news.missed = missed
    return news
  }

  /// The filter as parameters.
  private var query: [String] {
    var query: [String] = []
    if let model = filter.model { query.append("model=\(PercentCoding.encode(model))") }
    if let backend = filter.backend { query.append("backend=\(PercentCoding.encode(backend))") }
    if filter.errorsOnly { query.append("status=error") }
    return query
  }

  private func history(_ parameters: [String]) throws(ControlError) -> [HistoryItem] {
    let target = "/history?\(parameters.joined(separator: "&"))"
    let answer = try client.json(.get, target, within: Self.patience)
    return JSONRow.list(answer).compactMap { HistoryItem($0) }
  }

  private func look() throws(ControlError) -> Identity {
    let status = try client.json(.get, "/status", within: Self.patience).row
    return Identity(
      process: status.number("pid") ?? 0,
      start: MonotonicClock.unixSeconds() - (status.number("uptime_seconds") ?? 0))
  }
}
