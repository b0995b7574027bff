import LatencyModels

/// What a backend saw of one request, for tests that ask afterwards.
final class Record {
  enum State: String {
    case inFlight = "in_flight"
    case completed
    /// The client closed before the answer was complete.
    case clientGone = "client_gone"
    /// A fault broke the answer off.
    case aborted
    /// The client closed before the request was complete.
    case incomplete
  }

  static let keptBody = 64 * 1024

  let number: Int
  let request: Request
  let bodyLength: Int
  let bodyHash: UInt64
  let arrived = Loop.now()
  var ended: UInt64?
  var state = State.inFlight
  var status = 0
  var events = 0
  var bytes = 0
  var fault: String?

  init(_ number: Int, _ request: Request) {
    self.number = number
    var kept = request
    kept.body = Array(request.body.prefix(Record.keptBody))
    self.request = kept
    bodyLength = request.body.count
    bodyHash = Random.hash(request.body)
  }

  /// Ends the record; the first call wins.
  func end(_ state: State) {
    guard self.state == .inFlight else { return }
    self.state = state
    ended = Loop.now()
  }

  func json(bodies: Bool) -> JSON {
    let headers = request.headers.map { JSON.array([.string($0.name), .string($0.value)]) }
    let took = Double((ended ?? Loop.now()) - arrived) / 1e6
    let summary: JSON = [
      "n": .int(number), "method": .string(request.method), "path": .string(request.target),
      "state": .string(state.rawValue), "status": .int(status), "events": .int(events),
      "bytes": .int(bytes), "fault": JSON(fault), "ms": .double(took),
      "client_hung_up_early": .bool(state == .clientGone || state == .incomplete),
      "headers": .array(headers), "body_bytes": .int(bodyLength),
      "body_fnv1a": .string(String(bodyHash, radix: 16)),
    ]
    guard bodies else { return summary }
    return summary.adding([
      "body": .string(String(decoding: request.body, as: UTF8.self)),
      "body_truncated": .bool(request.body.count < bodyLength),
    ])
  }
}

/// The records of one backend: all of them counted, the latest thousand kept.
struct RequestLog {
  private(set) var kept: [Record] = []
  private(set) var total = 0
  private static let limit = 1000

  mutating func open(_ request: Request) -> Record {
    total += 1
    let record = Record(total, request)
    kept.append(record)
    if kept.count > 2 * RequestLog.limit { kept.removeFirst(RequestLog.limit) }
    return record
  }

  mutating func clear() {
    kept = []
    total = 0
  }
}
