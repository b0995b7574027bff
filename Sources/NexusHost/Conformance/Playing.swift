import Drivers
import HTTP

/// A recording that is being played to a driver, call by call.
///
/// It belongs to one thread. It stands between the driver and nobody: the same `Exchange` that serves
/// clients carries it out, so what the host would refuse is refused.
final class Playing {
  /// What it led to so far.
  private(set) var transcript = Transcript()
  /// The bodies that were shown, as they were recorded.
  private(set) var bodies: [[UInt8]] = []
  /// How many calls were made.
  private(set) var calls = 0

  private enum Stage { case start, head, piece(Int), last, over }

  private let driver: Driver
  private let recording: RecordedExchange
  private let play: Play
  private let exchange = Exchange()
  private var stage = Stage.start
  private var reply = RecordedExchange.Reply()
  private var pieces: [Range<Int>] = []
  private var used: Set<Int> = []
  private var isRelaying = false
  private var numbers: SeededNumbers
  /// Bytes of an endless body that were shown, and what is shown again and again.
  private var endless = 0
  private var filling: [UInt8] = []

  /// More than any server may be asked in one exchange.
  static let mostRequests = 32
  /// Where an endless body is given up: more than a driver may keep, and than the host would read.
  static let endlessBytes = 64 << 20
  private static let endlessPiece = 64 << 10

  init(_ driver: Driver, _ recording: RecordedExchange, _ play: Play) {
    self.driver = driver
    self.recording = recording
    self.play = play
    switch play {
    case .damaged(let seed), .noise(let seed): numbers = SeededNumbers(seed: seed)
    default: numbers = SeededNumbers(seed: 0)
    }
  }

  /// Makes one call; false when it is over.
  func step() -> Bool {
    if case .cancelled(let most) = play, calls == most { stage = .over }
    switch stage {
    case .start:
      calls += 1
      let body = recording.body
      settle(exchange.begin(driver, recording.operation, body: body.span.bytes))
    case .head:
      stage = .piece(0)
      calls += 1
      settle(showHead())
    case .piece(let index): showPiece(index)
    case .last:
      calls += 1
      stage = .over
      switch reply.ending {
      case .complete: finish(exchange.complete())
      case .broken(let cause): finish(exchange.broke(cause))
      }
    case .over: return false
    }
    return true
  }

  /// Ends the exchange, where it stands.
  func close() -> Transcript {
    transcript.failure = exchange.sink.failure
    transcript.reports = exchange.sink.reports
    transcript.answerStatus = exchange.sink.answerStatus
    transcript.answerType = exchange.sink.answerType
    exchange.close()
    return transcript
  }

  /// The whole of it.
  func run() -> Transcript {
    while step() {}
    return close()
  }

  private func showHead() -> Verdict {
    var bytes: [UInt8] = []
    var places: [HTTPField] = []
    for field in reply.fields {
      let start = bytes.count
      bytes += Array(field.name.utf8)
      let middle = bytes.count
      bytes += Array(field.value.utf8)
      places.append(
        HTTPField(
          nameStart: start, nameEnd: middle, valueStart: middle, valueEnd: bytes.count))
    }
    return exchange.head(status: reply.status, in: bytes.span.bytes, fields: places)
  }

  private func showPiece(_ index: Int) {
    if index < pieces.count {
      stage = .piece(index + 1)
      calls += 1
      let piece = Array(reply.body[pieces[index]])
      return settle(exchange.body(piece.span.bytes))
    }
    guard play == .endless, endless < Self.endlessBytes else {
      stage = .last
      return
    }
    calls += 1
    if filling.isEmpty {
      let source = reply.body.isEmpty ? [0x20] : reply.body
      while filling.count < Self.endlessPiece { filling += source }
    }
    endless += filling.count
    let piece = filling
    settle(exchange.body(piece.span.bytes))
  }

  /// Goes on as the driver says, in the middle of a reply or after `begin`.
  private func settle(_ verdict: Verdict) {
    transcript.answer += exchange.sink.answer
    switch verdict {
    case .more: break
    case .relay: startRelay()
    case .send: answerRequest()
    case .done, .failed: end(verdict)
    }
  }

  /// The same after the last piece of a reply.
  private func finish(_ verdict: Verdict) {
    transcript.answer += exchange.sink.answer
    switch verdict {
    case .send: answerRequest()
    case .relay:
      startRelay()
      end(.done)
    case .more, .done, .failed: end(verdict)
    }
  }

  private func startRelay() {
    isRelaying = true
    transcript.relayedStatus = reply.status
  }

  private func end(_ verdict: Verdict) {
    stage = .over
    if verdict == .failed, let failure = exchange.sink.failure {
      let detail = failure.detail == 0 ? "" : "(\(failure.detail))"
      transcript.outcome = failure.code.name + detail
    } else {
      transcript.outcome = isRelaying ? "relay" : "done"
    }
  }

  private func answerRequest() {
    guard transcript.requests.count < Self.mostRequests else {
      transcript.asksForEver = true
      stage = .over
      return
    }
    let request = exchange.sink.request
    let method = String(decoding: request.method, as: UTF8.self)
    let path = String(decoding: request.path, as: UTF8.self)
    let fields = String(decoding: request.fieldLines, as: UTF8.self)
    let body = request.assembledBody(clientBody: recording.body)
    transcript.requests.append(
      "\(method) \(path)\n\(fields)\n\(String(decoding: body, as: UTF8.self))")
    reply = answer(method, path)
    bodies.append(reply.body)
    filling = []
    change(&reply, number: transcript.requests.count)
    stage = reply.status == 0 ? .last : .head
  }

  /// The first answer for that request that was not used yet, else the last that fits.
  private func answer(_ method: String, _ path: String) -> RecordedExchange.Reply {
    let fitting = recording.answers.indices.filter { recording.answers[$0].fits(method, path) }
    // An exact path goes before a pattern.
    let exact = fitting.filter { !recording.answers[$0].path.hasSuffix("*") }
    let choices = exact.isEmpty ? fitting : exact
    guard let choice = choices.first(where: { !used.contains($0) }) ?? choices.last else {
      return RecordedExchange.Reply(
        status: 404, fields: [("content-type", "text/plain")], body: Array("not found".utf8))
    }
    used.insert(choice)
    return recording.answers[choice].reply
  }
}

// MARK: - What a play changes in a reply

extension Playing {
  private func change(_ reply: inout RecordedExchange.Reply, number: Int) {
    switch play {
    case .ends(let offset): reply.body = Array(reply.body.prefix(offset))
    case .breaks(let offset):
      reply.body = Array(reply.body.prefix(offset))
      reply.ending = .broken(.closed)
    case .damaged: Damage.damage(&reply, &numbers)
    case .noise(let seed): reply.body = Damage.noise(seed, &numbers)
    case .status(let status, let only):
      guard only == nil || only == number else { break }
      reply.status = status
      reply.body = Array(#"{"error":{"message":"no","type":"error","code":\#(status)}}"#.utf8)
      reply.ending = .complete
    case .type(let type):
      reply.fields.removeAll { $0.name.lowercased() == "content-type" }
      if !type.isEmpty { reply.fields.append(("content-type", type)) }
    case .empty: reply.body = []
    case .broken(let cause):
      reply = RecordedExchange.Reply(status: 0)
      reply.ending = .broken(cause)
    case .endless:
      // Half of it first: what was begun is not completed.
      reply.body = Array(reply.body.prefix(max(1, reply.body.count / 2)))
      reply.ending = .broken(.limit)
    default: break
    }
    pieces = Self.pieces(reply.body.count, play)
  }

  private static func pieces(_ count: Int, _ play: Play) -> [Range<Int>] {
    switch play {
    case .cut(let offset):
      let place = min(offset, count)
      return [0..<place, place..<count].filter { !$0.isEmpty }
    case .every(let size):
      return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    case .damaged(let seed) where seed % 3 != 0, .noise(let seed) where seed % 3 != 0:
      let size = 1 + Int(seed % 97)
      return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    default: return count == 0 ? [] : [0..<count]
    }
  }
}
