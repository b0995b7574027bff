import Glibc

/// The answers of the cheap mode, made once at start and sent from the same memory every time.
///
/// Everything here is a raw buffer because the point of the cheap mode is to cost less than what it
/// measures: no array, no string and no reference count on the way from `recv` to `send`.
final class CheapReplies {
  enum Kind { case chat, burst, stream, slowStream, models, health, notFound }

  static let models = ["sim-model", "burst-64", "stream-10ms", "stream-1s"]
  static let eventsPerBurst = 64
  static let longestStream = 3000

  let chat: UnsafeRawBufferPointer
  let modelList: UnsafeRawBufferPointer
  let health: UnsafeRawBufferPointer
  let notFound: UnsafeRawBufferPointer
  /// The head of a stream and its first event, which servers write together.
  let streamHead: UnsafeMutableRawBufferPointer
  let event: UnsafeMutableRawBufferPointer
  /// `[DONE]` and the final chunk.
  let streamEnd: UnsafeRawBufferPointer
  /// Where the event's time stamp stands, in `event` and in `streamHead`.
  private let stampInEvent: Int
  private let stampInHead: Int

  private static let stamp = "0000000000000000000"

  init() {
    let reply = """
      {"id":"chatcmpl-cheap0000000000000000","object":"chat.completion","created":1790000000,\
      "model":"sim-model","choices":[{"index":0,"message":{"role":"assistant","content":"The quiet \
      river carries small boats under an old bridge while morning light finds every window and \
      someone sings."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":24,\
      "completion_tokens":20,"total_tokens":44}}
      """
    let list = CheapReplies.models.map {
      "{\"id\":\"\($0)\",\"object\":\"model\",\"created\":1790000000,\"owned_by\":\"sim\"}"
    }
    chat = CheapReplies.whole(200, reply)
    modelList = CheapReplies.whole(
      200, "{\"object\":\"list\",\"data\":[\(list.joined(separator: ","))]}")
    health = CheapReplies.whole(200, "{\"status\":\"ok\"}")
    notFound = CheapReplies.whole(
      404, "{\"error\":{\"message\":\"Not Found\",\"type\":\"not_found_error\",\"code\":null}}")
    let eventText = CheapReplies.chunk(
      "data: {\"id\":\"chatcmpl-\(CheapReplies.stamp)\",\"object\":\"chat.completion.chunk\","
        + "\"created\":1790000000,\"model\":\"stream\",\"choices\":[{\"index\":0,"
        + "\"delta\":{\"content\":\" window\"},\"finish_reason\":null}]}\n\n")
    let headText =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
      + "Transfer-Encoding: chunked\r\n\r\n"
    event = CheapReplies.pinned(eventText)
    streamHead = CheapReplies.pinned(headText + eventText)
    stampInEvent = CheapReplies.offset(of: CheapReplies.stamp, in: eventText)
    stampInHead = CheapReplies.offset(of: CheapReplies.stamp, in: headText + eventText)
    streamEnd = UnsafeRawBufferPointer(
      CheapReplies.pinned(CheapReplies.chunk("data: [DONE]\n\n") + "0\r\n\r\n"))
  }

  /// Writes the monotonic clock into the next event, so that a reader on the same machine can tell
  /// how long the event was on its way.
  func stampEvent() { CheapReplies.write(Loop.now(), event, stampInEvent) }
  func stampHead() { CheapReplies.write(Loop.now(), streamHead, stampInHead) }

  private static func write(_ time: UInt64, _ buffer: UnsafeMutableRawBufferPointer, _ at: Int) {
    var rest = time
    for place in stride(from: at + stamp.utf8.count - 1, through: at, by: -1) {
      buffer[place] = UInt8(48 + rest % 10)
      rest /= 10
    }
  }

  private static func whole(_ status: Int, _ body: String) -> UnsafeRawBufferPointer {
    let head =
      "HTTP/1.1 \(status) \(HeadStyle.reason(status))\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n"
    return UnsafeRawBufferPointer(pinned(head + body))
  }

  private static func chunk(_ text: String) -> String {
    "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
  }

  private static func pinned(_ text: String) -> UnsafeMutableRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 64)
    buffer.copyBytes(from: text.utf8)
    return buffer
  }

  private static func offset(of part: String, in text: String) -> Int {
    let whole = Array(text.utf8)
    let wanted = Array(part.utf8)
    return whole.indices.first { whole[$0...].starts(with: wanted) } ?? 0
  }
}
