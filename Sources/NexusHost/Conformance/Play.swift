import Drivers

/// A way to play a recording to a driver.
enum Play: Equatable, Sendable {
  /// Each piece of a reply as it was recorded.
  case whole
  /// The same once more, with another heap.
  case again
  /// Every body in two pieces.
  case cut(Int)
  /// Every body in pieces of that size.
  case every(Int)
  /// Every body ends there as if it were complete.
  case ends(Int)
  /// Every body breaks off there.
  case breaks(Int)
  /// Bytes changed, lost, repeated and added, by that seed.
  case damaged(UInt64)
  /// Bodies that are nothing but noise.
  case noise(UInt64)
  /// Every reply, or the one of that number alone, is a refusal.
  case status(Int, only: Int?)
  /// Another content type; empty for none.
  case type(String)
  /// Every body is empty.
  case empty
  /// There is no reply at all.
  case broken(BreakCause)
  /// The client goes after so many calls.
  case cancelled(Int)
  /// A body that does not end.
  case endless
  /// Alternating with the next recording on the same thread.
  case beside
  /// At the same time on several threads.
  case together

  /// How reports and `--only` call it.
  var label: String {
    switch self {
    case .whole: "whole"
    case .again: "again"
    case .cut(let offset): "cut-\(offset)"
    case .every(let size): "every-\(size)"
    case .ends(let offset): "ends-\(offset)"
    case .breaks(let offset): "breaks-\(offset)"
    case .damaged(let seed): "damaged-\(seed)"
    case .noise(let seed): "noise-\(seed)"
    case .status(let status, nil): "status-\(status)"
    case .status(let status, let number?): "status-\(status)-of-\(number)"
    case .type(let type): "type-\(type.isEmpty ? "none" : type)"
    case .empty: "empty"
    case .broken(let cause): "broken-\(cause)"
    case .cancelled(let calls): "cancelled-\(calls)"
    case .endless: "endless"
    case .beside: "beside"
    case .together: "together"
    }
  }

  /// What that means, for people.
  var words: String {
    switch self {
    case .whole: "as recorded"
    case .again: "as recorded, once more"
    case .cut(let offset): "each reply cut at byte \(offset)"
    case .every(let size): "in pieces of \(size) byte\(size == 1 ? "" : "s")"
    case .ends(let offset): "each reply complete after \(offset) bytes"
    case .breaks(let offset): "each reply broken off after \(offset) bytes"
    case .damaged(let seed): "damaged with seed \(seed)"
    case .noise(let seed): "noise with seed \(seed)"
    case .status(let status, nil): "every reply with status \(status)"
    case .status(let status, let number?): "reply \(number) with status \(status)"
    case .type(let type): type.isEmpty ? "without a content type" : "with content type \(type)"
    case .empty: "every reply without a body"
    case .broken(let cause): "no reply: \(cause)"
    case .cancelled(let calls): "cancelled after call \(calls)"
    case .endless: "a reply without an end"
    case .beside: "alternating with another exchange"
    case .together: "on several threads at once"
    }
  }

  /// Whether it leads to what the recording leads to when it is whole.
  var isFaithful: Bool {
    switch self {
    case .whole, .again, .cut, .every, .beside, .together: true
    default: false
    }
  }

  /// Whether all that is lent is put out of reach after its call, which takes time: of the many plays
  /// of one kind some are enough.
  var isStrict: Bool {
    switch self {
    case .cut(let offset): offset % 16 == 1
    case .damaged(let seed), .noise(let seed): seed % 4 == 0
    case .every(let size): size > 1
    default: true
    }
  }

  /// Whether texts of the server may be torn, so that a name that is none is the server's fault.
  var isDamaging: Bool {
    switch self {
    case .damaged, .noise, .ends, .breaks, .endless: true
    default: false
    }
  }
}

/// Which plays a recording is tried with.
enum PlayPlan {
  static let statuses = [
    204, 302, 400, 401, 402, 403, 404, 405, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504,
    529, 599, 999,
  ]
  static let types = [
    "", "text/html", "text/plain", "text/event-stream", "application/octet-stream", "x;;=\"",
  ]
  private static let causes: [BreakCause] = [
    .connect, .tls, .timeout, .closed, .protocol, .limit,
  ]
  /// Seeds that a recording is damaged with.
  static let seeds: UInt64 = 150
  private static let fewSeeds: UInt64 = 20

  /// All plays of one exchange on one thread. `bodies` are those that were shown when it was whole,
  /// `calls` how many calls that took. With `closely`, every byte is a place to cut at.
  static func plays(
    bodies: [[UInt8]], calls: Int, seed: UInt64, closely: Bool
  ) -> [Play] {
    let longest = bodies.map(\.count).max() ?? 0
    var plays: [Play] = [.every(1), .every(7), .every(1000)]
    plays += (closely ? cuts(bodies) : places(longest, 12)).map { .cut($0) }
    for offset in places(longest, closely ? 48 : 6) { plays += [.ends(offset), .breaks(offset)] }
    plays += statuses.map { .status($0, only: nil) }
    for number in 1...max(1, min(bodies.count, 8)) {
      plays += [.status(404, only: number), .status(500, only: number)]
    }
    plays += types.map { .type($0) } + [.empty] + causes.map { .broken($0) }
    plays += (1...max(1, min(calls, 40))).map { .cancelled($0) }
    for offset in 0..<(closely ? seeds : fewSeeds) {
      plays.append(.damaged(seed &+ offset))
      if offset % 5 == 0 { plays.append(.noise(seed &+ offset)) }
    }
    return plays
  }

  /// Every byte of short bodies; of long ones the beginning, the end, all ends of lines, and a stride
  /// between them.
  static func cuts(_ bodies: [[UInt8]]) -> [Int] {
    var offsets: Set<Int> = []
    for body in bodies {
      offsets.formUnion(stride(from: 1, to: min(body.count, 512), by: 1))
      guard body.count > 512 else { continue }
      offsets.formUnion(stride(from: 512, to: body.count, by: 61))
      offsets.formUnion(max(1, body.count - 64)..<body.count)
      for index in body.indices.dropFirst().dropLast() where body[index] == 0x0A {
        offsets.formUnion([index, index + 1])
        if offsets.count > 1200 { break }
      }
    }
    return offsets.sorted()
  }

  /// At most so many places, evenly spread, the first and the last byte among them.
  private static func places(_ length: Int, _ most: Int) -> [Int] {
    guard length > 1 else { return [0] }
    let step = max(1, length / most)
    return Array(Set(stride(from: 0, to: length, by: step)).union([length - 1])).sorted()
  }
}
