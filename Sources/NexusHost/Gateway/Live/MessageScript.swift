import Control
import Fleet
import Text

/// What programs that watch are told (docs/WEBSOCKET.md): a message for each thing that has changed
/// since the last time.
struct MessageScript: LiveScript {
  /// A message that stays true until another one of its key takes its place.
  private struct Statement {
    let key: String
    /// What it says; nothing has changed while this has not.
    let facts: [UInt8]
    let text: [UInt8]
  }

  private var last: LiveSnapshot?
  private var statements: [Statement] = []
  private var models = ModelTexts()
  /// By worker, which of its requests was told last.
  private var told: [Int: HistoryEntry.Place] = [:]

  /// Longest message in bytes.
  static let longest = 256 * 1024
  /// Most requests that are told at once.
  static let mostRequests = 50

  mutating func changes(to snapshot: LiveSnapshot) -> WatchedMessages? {
    guard snapshot.number != last?.number else { return nil }
    let (ended, leftOut) = newRequests(snapshot)
    let isFirst = last == nil
    last = snapshot
    var known: [String: [UInt8]] = [:]
    for statement in statements { known[statement.key] = statement.facts }
    models.follow(snapshot.view.fleet)
    statements = makeStatements(snapshot, leftOut: leftOut)
    guard !isFirst else { return nil }
    var texts: [[UInt8]] = []
    for statement in statements {
      let before = known.removeValue(forKey: statement.key)
      if before != statement.facts { texts.append(statement.text) }
    }
    // Backends that have gone have no models any more.
    for key in known.keys.sorted() where key.hasPrefix(Self.modelKey) {
      texts.append(Self.noModels(of: String(key.dropFirst(Self.modelKey.count))))
    }
    texts += ended.map(Self.message)
    return texts.isEmpty ? nil : WatchedMessages(texts)
  }

  var everything: WatchedMessages? {
    guard let last else { return nil }
    return WatchedMessages(statements.map(\.text) + last.history.reversed().map(Self.message))
  }

  /// The requests that have ended since the last time, the oldest first, and how many are not told.
  private mutating func newRequests(
    _ snapshot: LiveSnapshot
  ) -> (ended: [HistoryEntry], leftOut: Int) {
    var new = snapshot.history.filter { entry in
      told[entry.place.worker].map { entry.place > $0 } ?? true
    }
    let count = snapshot.historyVersion - (last?.historyVersion ?? snapshot.historyVersion)
    for entry in new {
      let place = told[entry.place.worker] ?? HistoryEntry.Place()
      told[entry.place.worker] = max(place, entry.place)
    }
    if new.count > Self.mostRequests { new.removeSubrange(Self.mostRequests...) }
    return (new.reversed(), max(0, count - new.count))
  }

  // MARK: Statements

  private mutating func makeStatements(
    _ snapshot: LiveSnapshot, leftOut: Int
  ) -> [Statement] {
    var all: [Statement] = []
    for (number, text) in backendStatus(snapshot).enumerated() {
      all.append(Statement(key: "BackendStatus \(number)", facts: text, text: text))
    }
    for member in snapshot.view.fleet.members {
      let text = models.change(member)
      all.append(Statement(key: Self.modelKey + member.backend.id, facts: text, text: text))
    }
    let fleet = snapshot.view.fleet
    for job in snapshot.jobs.reversed() {
      let text = Self.message("Job") { data in
        data.object { JobReport.append(job, fleet, to: &$0) }
      }
      all.append(Statement(key: "Job \(job.id)", facts: text, text: text))
    }
    let requests = Self.message("LiveRequests") { data in
      data.object { text in
        text.member("under_way", snapshot.requestsUnderWay)
        text.array("requests") { list in
          for request in snapshot.requests { list.object { LiveJSON.append(request, to: &$0) } }
        }
      }
    }
    all.append(Statement(key: "LiveRequests", facts: requests, text: requests))
    all.append(Self.summary(snapshot, leftOut: leftOut))
    return all
  }

  private static func summary(_ snapshot: LiveSnapshot, leftOut: Int) -> Statement {
    var start = 0
    let text = message("Summary") { data in
      data.object { text in
        LiveJSON.appendTime(snapshot, to: &text)
        start = text.bytes.count
        LiveJSON.append(summary: snapshot, to: &text)
        text.member("requests_left_out", leftOut)
      }
    }
    return Statement(key: "Summary", facts: Array(text[start...]), text: text)
  }

  /// All backends in one message, or in several where one would be too long.
  private mutating func backendStatus(_ snapshot: LiveSnapshot) -> [[UInt8]] {
    let members = snapshot.view.fleet.members
    let elements = members.indices.map { index in
      let list = models.list(members[index])
      return JSONText.object { LiveJSON.append(backend: index, snapshot, models: list, to: &$0) }
    }
    var parts: [[[UInt8]]] = [[]]
    var size = 0
    for element in elements {
      if size + element.count > Self.longest - 100, !(parts.last?.isEmpty ?? true) {
        parts.append([])
        size = 0
      }
      parts[parts.count - 1].append(element)
      size += element.count + 1
    }
    return parts.map { part in
      Self.message("BackendStatus") { data in
        data.array { for element in part { $0.raw(element) } }
      }
    }
  }

  // MARK: Messages

  private static let modelKey = "ModelChange "

  private static func noModels(of id: String) -> [UInt8] {
    message("ModelChange") { data in
      data.object {
        $0.member("backend_id", id)
        $0.array("models") { _ in }
      }
    }
  }

  private static func message(_ entry: HistoryEntry) -> [UInt8] {
    message("RequestComplete") { data in
      data.object { HistoryReport.append(entry, to: &$0) }
    }
  }

  /// `data` writes one value.
  static func message(_ type: StaticString, _ data: (inout JSONText) -> Void) -> [UInt8] {
    JSONText.object { text in
      text.member("update_type", type)
      text.member("data", data)
    }
  }
}
