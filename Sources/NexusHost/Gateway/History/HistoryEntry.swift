import Drivers
import Fleet

/// A request that has ended, as the history keeps it: nothing of its content, and no key. A value that
/// takes the same room whatever clients send.
struct HistoryEntry: Sendable {
  /// Where an entry stands among those of all workers: by the moment of its end, which no other
  /// entry of its worker has.
  struct Place: Comparable, Sendable {
    /// Nanoseconds of the monotonic clock.
    var moment: UInt64 = 0
    var worker = 0

    static func < (left: Place, right: Place) -> Bool {
      (left.moment, left.worker) < (right.moment, right.worker)
    }
  }

  /// Longest names and messages, in bytes of UTF-8.
  static let longestName = 256
  static let longestMessage = 1_024

  var place = Place()
  /// Which of its worker's requests it is, from 1 on.
  var number = 0
  /// When it ended, in seconds of the wall clock.
  let unixSeconds: Int64
  let id: KeptID
  let endpoint: StaticString
  /// The model asked for; empty if that could not be read.
  let model: [UInt8]
  let tries: RequestRecord.Tries
  /// Whether it was routed, so that its decision can be asked for.
  let isRouted: Bool
  let isStream: Bool
  let outcome: RequestRecord.Outcome
  let statusCode: Int
  let routeReason: StaticString
  let refusal: String
  let errorMessage: String
  /// Nanoseconds of the monotonic clock; `firstByte` is 0 if no answer began.
  let started: UInt64
  let firstByte: UInt64
  let ended: UInt64
  /// Nanoseconds.
  let queueWait: UInt64?
  let connectTime: UInt64?
  /// Micro-dollars.
  let cost: Int64?
  let usage: TokenUsage?
  /// Nil where nothing is traced.
  let trace: RequestTrace?

  /// What is to be known of a request that has ended. Before `RequestRecord.takeCourse`.
  init(_ record: RequestRecord, id: [UInt8], unixSeconds: Int64) {
    self.unixSeconds = unixSeconds
    self.id = KeptID(id)
    endpoint = record.endpoint
    let name = record.model
    model = name.count <= Self.longestName ? name : name.cut(to: Self.longestName)
    tries = record.tries
    isRouted = record.decision != nil
    isStream = record.isStream
    outcome = record.outcome
    statusCode = record.statusCode
    routeReason = record.routeReason
    refusal = record.refusal
    errorMessage = record.errorMessage.cut(to: Self.longestMessage)
    started = record.started
    firstByte = record.firstByte
    ended = record.ended
    queueWait = record.queueWait
    connectTime = record.connectTime
    cost = record.cost
    usage = record.usage
    trace = record.trace
  }

  /// Whether a client asked for that model or got it.
  func concerns(model name: String) -> Bool {
    model.elementsEqual(name.utf8.prefix(Self.longestName))
      || tries.last.map { $0.model.id == name } == true
  }

  /// Whether that backend, by its name or id, was tried; "none" was if no other was.
  func concerns(backend name: String) -> Bool {
    if tries.isEmpty { return name == "none" }
    return tries.list.contains { $0.backend.name == name || $0.backend.id == name }
  }
}

extension HistoryEntry.Place {
  /// How clients are told it: 16 hexadecimal digits, "-" and the worker's number.
  var text: String {
    let digits = String(moment, radix: 16)
    return "\(String(repeating: "0", count: 16 - digits.utf8.count))\(digits)-\(worker)"
  }

  /// Reads that.
  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 16,
      let moment = UInt64(parts[0], radix: 16), let worker = Int(parts[1]), worker >= 0
    else { return nil }
    self.init(moment: moment, worker: worker)
  }
}

extension [UInt8] {
  /// The beginning of a text in UTF-8 that has so many bytes at most, without half a character.
  func cut(to limit: Int) -> [UInt8] {
    guard count > limit else { return self }
    var end = limit
    while end > 0, self[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(self[..<end])
  }
}

extension String {
  /// The beginning that has so many bytes of UTF-8 at most, without half a character.
  func cut(to limit: Int) -> String {
    utf8.count <= limit ? self : String(decoding: Array(utf8).cut(to: limit), as: UTF8.self)
  }
}
