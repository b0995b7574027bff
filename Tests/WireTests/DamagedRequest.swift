import Seeded

/// A request that was right until a seed damaged it.
struct DamagedRequest {
  let seed: UInt64
  private(set) var bytes: [UInt8]
  /// Whether the client says that nothing more will come; if not, the gateway has to find out.
  let endsSending: Bool
  /// Largest pieces in which it is sent.
  let piece: Int

  private var random: SeededRandom

  init(seed: UInt64) {
    self.seed = seed
    random = SeededRandom(seed: seed)
    bytes = random.pick(Self.sound)
    endsSending = !random.isOne(in: 4)
    piece = random.pick([3, 50, 100_000, 100_000])
    for _ in 0..<random.pick([1, 1, 1, 2, 2, 3, 8]) where !bytes.isEmpty { damage() }
  }

  /// The pieces in which it is sent.
  var pieces: [[UInt8]] {
    var random = SeededRandom(seed: ~seed)
    return random.cut(bytes, largest: piece)
  }

  private mutating func damage() {
    let place = random.below(bytes.count)
    let end = min(place + 1 + random.below(40), bytes.count)
    switch random.below(12) {
    case 0: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1: bytes[place] = UInt8(random.below(256))
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.removeSubrange(place..<end)
    case 4: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
    case 5: bytes += bytes[place...]
    case 6: bytes.insert(contentsOf: Array(random.pick(Self.pieces).utf8), at: place)
    case 7: replaceNumber()
    case 8: repeatLine()
    case 9:
      let length = random.pick([300, 9000, 40_000])
      bytes.insert(contentsOf: [UInt8](repeating: bytes[place], count: length), at: place)
    case 10: bytes.swapAt(place, random.below(bytes.count))
    default:
      for index in place..<end { bytes[index] = UInt8(random.below(256)) }
    }
  }

  /// Puts a number that is hard to bear in the place of one that is there.
  private mutating func replaceNumber() {
    let starts = bytes.indices.filter { isDigit(bytes[$0]) && ($0 == 0 || !isDigit(bytes[$0 - 1])) }
    guard !starts.isEmpty else { return }
    let start = random.pick(starts)
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Array(random.pick(Self.numbers).utf8))
  }

  /// Repeats a line of the head many times.
  private mutating func repeatLine() {
    let ends = bytes.indices.filter { bytes[$0] == 0x0A }
    guard ends.count > 2 else { return }
    let line = random.below(ends.count - 1)
    let text = Array(bytes[(ends[line] + 1)...ends[line + 1]])
    for _ in 0..<random.pick([1, 30, 300]) { bytes.insert(contentsOf: text, at: ends[line] + 1) }
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static let numbers = [
    "0", "-1", "18446744073709551615", "18446744073709551616", "99999999999999999999999", "1e9",
    "9223372036854775808", "00000000000000000000000000000001", "4294967296", "0x10", "",
  ]
  private static let pieces = [
    "\r\n", "\r", "\n", "\r\n\r\n", "\u{0}", " ", "\t", ":", ",", "{", "\"", "\\u", "\\", "%00",
    "//",
    "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\n",
    "Expect: 100-continue\r\n", "Connection: close\r\n", "0\r\n\r\n", "ffffffffffffffff\r\n",
    " HTTP/1.1\r\n", "HTTP/2.0", "\r\n folded", "Host: other\r\n", #""model":"#, "[[[[[[[[",
  ]

  private static let chat =
    #"{"model":"sim-model","messages":[{"role":"user","content":"hi \u00fc"}],"n":1}"#
  private static let burst = #"{"model":"burst-64","stream":true,"messages":[]}"#

  /// What is damaged: every kind of request there is.
  private static let sound: [[UInt8]] = [
    LoadClient.post("/v1/chat/completions", chat),
    LoadClient.post("/v1/chat/completions", burst),
    LoadClient.post("/v1/embeddings", #"{"model":"sim-model","input":["a","b"]}"#),
    LoadClient.post("//chat/completions?x=1", chat, headers: "X-Request-Id: abc\r\n"),
    LoadClient.post("/v1/chat/completions", chat, headers: "Expect: 100-continue\r\n"),
    LoadClient.post("/v1/chat/completions", chat, headers: "Connection: close\r\n"),
    Array(
      """
      POST /v1/completions HTTP/1.1\r
      Host: gateway\r
      Content-Type: application/json\r
      Transfer-Encoding: chunked\r
      \r
      12\r
      {"model":"sim-mode\r
      0e;x="y"\r
      l","prompt":1}\r
      0\r
      X-Trailer: 1\r
      \r

      """.utf8),
    Array(
      "POST /v1/chat/completions HTTP/1.0\r\nContent-Length: \(chat.utf8.count)\r\n\r\n\(chat)".utf8
    ),
    LoadClient.get("/v1/models"), LoadClient.get("/v1/models/sim-model"), LoadClient.get("/health"),
    LoadClient.get("/") + LoadClient.post("/v1/chat/completions", chat) + LoadClient.get("/health"),
    Array("OPTIONS * HTTP/1.1\r\nHost: gateway\r\nOrigin: http://x\r\n\r\n".utf8),
  ]
}
