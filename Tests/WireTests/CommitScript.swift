import Seeded

/// A streamed answer of one backend, made from a seed: preamble and output in any order, and how it
/// ends. What backends say differs in every event of output, so that mixtures show.
struct CommitScript {
  enum Ending: CaseIterable {
    /// With a finish reason, the closing mark and the last chunk.
    case good
    case closed, reset, badChunk
    /// An error event; one whose key is written with an escape; one by its name alone.
    case error, hiddenError, namedError
  }

  let ending: Ending
  /// The body, without framing, as far as it is sent.
  private(set) var payload: [UInt8] = []
  /// Where in the payload each event or comment ends.
  private(set) var ends: [Int] = []
  /// Where the first event ends that has something of the answer; nil if none is sent.
  private(set) var firstOutput: Int?
  /// What is sent, in pieces.
  private(set) var packets: [[UInt8]] = []

  init(seed: UInt64, name: String) {
    var random = SeededRandom(seed: seed &* 31 &+ UInt64(name.utf8.count))
    ending = random.isOne(in: 2) ? .good : random.pick(Ending.allCases)
    for _ in 0..<random.below(6) { add(random.pick(Self.preamble)) }
    if ending == .good || random.isOne(in: 2) {
      for number in 0..<1 + random.below(8) {
        addOutput(#"{"index":0,"delta":{"content":"\#(name)-\#(seed)-\#(number)"}}"#)
        if random.isOne(in: 3) { add(random.pick(Self.preamble)) }
      }
    }
    if ending == .good {
      addOutput(#"{"index":0,"delta":{},"finish_reason":"stop"}"#)
      add("data: [DONE]\n\n")
    }
    let head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    let largest = random.pick([20, 100, 500])
    var wire = Array("\(head)\r\n".utf8) + random.cut(payload, largest: largest).flatMap(Self.chunk)
    switch ending {
    case .good: wire += Array("0\r\n\r\n".utf8)
    case .closed, .reset: break
    case .badChunk: wire += Array("xyz\r\n".utf8)
    case .error: wire += Self.chunk(Array("data: {\"error\":{\"message\":\"no\"}}\n\n".utf8))
    case .hiddenError:
      wire += Self.chunk(Array("data: {\"\\u0065rror\":{\"message\":\"no\"}}\n\n".utf8))
    case .namedError: wire += Self.chunk(Array("event: error\ndata: no\n\n".utf8))
    }
    packets = random.cut(wire, largest: random.pick([40, 300, 5_000]))
  }

  private static let preamble = [
    #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"# + "\n\n",
    #"data: {"choices":[{"index":0,"delta":{"content":null},"finish_reason":null}]}"# + "\n\n",
    #"data: {"choices":[],"usage":null}"# + "\n\n", ": ping\n\n", "event: ping\n\n",
  ]

  private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A]
  }

  private mutating func addOutput(_ choice: String) {
    add("data: {\"choices\":[\(choice)]}\n\n")
    firstOutput = firstOutput ?? payload.count
  }

  private mutating func add(_ event: String) {
    payload += Array(event.utf8)
    ends.append(payload.count)
    // A comment may be sent before the empty line after it.
    if event.hasPrefix(":") { ends.append(payload.count - 1) }
  }
}
