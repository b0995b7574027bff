import Seeded

/// A streamed answer made from a seed: its events, how they are framed, and in which pieces they
/// are sent.
struct StreamScript {
  enum Framing: CaseIterable { case length, chunked, untilClose }

  let seed: UInt64
  let framing: Framing
  /// Each with the empty line that ends it.
  private(set) var events: [[UInt8]] = []
  /// The body of the request that is answered so.
  private(set) var request: [UInt8] = []
  /// The body of the answer, without framing.
  private(set) var payload: [UInt8] = []
  /// Where in the payload each event ends.
  private(set) var eventEnds: [Int] = []
  /// Where in the payload a comment ends that stands before an event: it may be sent before it.
  private(set) var commentEnds: [Int] = []
  /// Where in the payload the first event ends that has something of the answer.
  private(set) var firstOutput = Int.max
  /// Where in the payload the event ends that has the finish reason.
  private(set) var finish = 0
  /// The body of the answer with its framing.
  private(set) var wire: [UInt8] = []
  /// Where in the wire a chunk begins.
  private(set) var chunkStarts: [Int] = []

  private var random: SeededRandom
  private let lineEnd: String

  /// - Parameters:
  ///   - isLong: whether the stream and one event of it may be longer than what a relay holds back.
  ///   - count: number of events.
  init(seed: UInt64, framing: Framing, isLong: Bool, events count: Int? = nil) {
    self.seed = seed
    self.framing = framing
    random = SeededRandom(seed: seed)
    lineEnd = random.pick(["\n", "\n", "\n", "\r\n", "\r\n", "\r"])
    for _ in 0..<(count ?? (isLong ? 200 : 120)) { addEvent() }
    if isLong, random.isOne(in: 5) { add(delta(text(1 + random.below(150_000)))) }
    add(#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#)
    finish = payload.count
    add("[DONE]")
    frame()
    let padding = text(random.pick([10, 1000, 1000, 60_000]))
    request = Array(
      #"{"model":"m1","seed":\#(seed),"stream":true,"messages":[{"content":"\#(padding)"}]}"#.utf8)
  }

  /// The head of the answer.
  var head: [UInt8] {
    let field =
      switch framing {
      case .length: "Content-Length: \(payload.count)"
      case .chunked: "Transfer-Encoding: chunked"
      case .untilClose: "Connection: close"
      }
    return Array("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\(field)\r\n\r\n".utf8)
  }

  /// What is sent, in pieces: up to `end` of the wire, or all of it.
  func packets(upTo end: Int? = nil) -> [[UInt8]] {
    var random = SeededRandom(seed: seed ^ 0xFFFF)
    let largest = random.pick([40, 300, 1500, 1500, 20_000, 100_000])
    return random.cut(head + wire[..<(end ?? wire.count)], largest: largest)
  }

  /// How much of the payload is in the first `count` bytes of the wire.
  func payloadCount(in count: Int) throws(CaseFailure) -> Int {
    guard framing == .chunked else { return count }
    var reader = BodyReader(.chunked)
    var part = Array(wire[..<count])
    var decoded: [UInt8] = []
    try reader.read(from: &part, ended: false, into: &decoded)
    return decoded.count
  }

  // MARK: Events

  private mutating func addEvent() {
    switch random.below(40) {
    case 0: close(": keep-alive\(lineEnd)")
    case 1:
      append(": ping\(lineEnd)")
      commentEnds.append(payload.count)
      add(delta(text(10)))
    case 2: close("event: message\(lineEnd)id: 7\(lineEnd)data:\(delta(text(20)))\(lineEnd)")
    case 3:
      close(
        #"data: {"choices":[{"delta":{"content":"in two"},"# + lineEnd
          + #"data: "finish_reason":null}]}"# + lineEnd)
    case 4: add(delta(text(500 + random.below(3000))))
    default: add(delta(text(1 + random.below(30))))
    }
  }

  private mutating func add(_ data: String) { close("data: \(data)\(lineEnd)") }

  /// Ends an event. All but the comments have something of the answer.
  private mutating func close(_ lines: String) {
    append(lines + lineEnd)
    if !lines.hasPrefix(":") { firstOutput = min(firstOutput, payload.count) }
    events.append(Array(payload[(eventEnds.last ?? 0)...]))
    eventEnds.append(payload.count)
  }

  private mutating func append(_ text: String) { payload += Array(text.utf8) }

  private func delta(_ text: String) -> String {
    #"{"choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":null}]}"#
  }

  /// Words as they stand in a JSON string, some of which look like something else.
  private mutating func text(_ count: Int) -> String {
    let words = [
      "hello ", "ü", "🙂", #"\n\ndata: [DONE]\n\n"#, #"\"error\": 1"#, "0\\r\\n\\r\\n", "data: ",
      "x",
      "1f", " ", #"\u00e9"#, #"\\"#,
    ]
    var text = ""
    var length = 0
    while length < count {
      let word = random.pick(words)
      text += word
      length += word.utf8.count
    }
    return text
  }

  // MARK: Framing

  private mutating func frame() {
    guard framing == .chunked else {
      wire = payload
      return
    }
    let largest = random.pick([8, 60, 60, 500, 5000, 60_000])
    for piece in random.cut(payload, largest: largest) {
      chunkStarts.append(wire.count)
      var size = String(piece.count, radix: 16, uppercase: random.isOne(in: 2))
      if random.isOne(in: 10) { size = "00" + size }
      if random.isOne(in: 20) { size += ";name=\"value\"" }
      wire += Array("\(size)\r\n".utf8) + piece + [0x0D, 0x0A]
    }
    let trailer = random.isOne(in: 4) ? "X-Trailer: 1\r\n" : ""
    wire += Array("0\r\n\(trailer)\r\n".utf8)
  }
}

/// How a server breaks a stream off.
struct Breakage {
  enum Kind: CaseIterable { case closed, reset, garbage }

  let kind: Kind
  /// How much of the wire is sent before.
  let end: Int
  /// How much of the payload that is.
  let sent: Int

  init(of script: StreamScript) throws(CaseFailure) {
    var random = SeededRandom(seed: script.seed ^ 0xABCD)
    let wanted = random.pick(Kind.allCases)
    kind = wanted == .garbage && script.framing != .chunked ? .closed : wanted
    let inside = random.below(script.wire.count - 5)
    end = kind == .garbage ? random.pick(script.chunkStarts) : inside
    sent = try script.payloadCount(in: end)
  }

  /// What is sent after the cut: the size of a chunk that is none.
  var last: [UInt8] { kind == .garbage ? Array("xyz\r\n".utf8) : [] }
}
