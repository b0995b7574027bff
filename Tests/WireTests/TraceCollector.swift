import Foundation
import Glibc

/// A collector of traces that the test plays: it answers as it is told, keeps what it gets, and demands
/// that every delivery is what OTLP allows.
final class TraceCollector: @unchecked Sendable {  // All that changes is guarded by `changed`.
  enum Reply {
    case status(Int, head: String = "", body: String = "{}")
    /// Nothing, for ever.
    case silence
    /// The connection ends.
    case close
  }

  struct Delivery {
    let head: Head
    let body: String
    let spans: [CollectedSpan]
    let resource: [String: String]
    let time: Date
  }

  private(set) var port: UInt16 = 0
  private let changed = NSCondition()
  private var listener: Int32 = -1
  private var deliveries: [Delivery] = []
  private var complaints: [String] = []
  private var reply = Reply.status(200)
  /// Answers before that one, each once.
  private var first: [Reply] = []

  /// Listens on a free port, or on that one.
  init(port: UInt16 = 0, first: [Reply] = [], then reply: Reply = .status(200)) throws(CaseFailure)
  {
    (listener, self.port) = try Sockets.listen(port: port)
    self.first = first
    self.reply = reply
    let listener = listener
    Thread { [self] in
      while let peer = Sockets.accept(listener) { Thread { self.serve(peer) }.start() }
      close(listener)
    }.start()
  }

  var url: String { "http://127.0.0.1:\(port)" }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  /// All deliveries that it accepted, in order; throws if any was not as it should be.
  func accepted() throws(CaseFailure) -> [Delivery] {
    changed.lock()
    defer { changed.unlock() }
    guard complaints.isEmpty else {
      throw CaseFailure(complaints.joined(separator: "\n"))
    }
    return deliveries
  }

  /// All spans that it accepted.
  func spans() throws(CaseFailure) -> [CollectedSpan] { try accepted().flatMap(\.spans) }

  /// Waits until there are as many spans, and gives them.
  func wait(spans count: Int) throws -> [CollectedSpan] {
    _ = try ProcessFigures.wait { try self.spans().count >= count }
    let spans = try self.spans()
    guard spans.count == count else {
      throw CaseFailure("\(spans.count) spans came instead of \(count): \(spans.map(\.name))")
    }
    return spans
  }

  private func serve(_ descriptor: Int32) {
    let peer = Peer(name: "collector", descriptor: descriptor)
    defer { peer.close() }
    while let (head, body) = next(peer) {
      changed.lock()
      let reply = first.isEmpty ? reply : first.removeFirst()
      changed.unlock()
      switch reply {
      case .close: return
      case .silence: _ = next(peer)
      case .status(let status, let more, let text):
        if (200..<300).contains(status) { keep(head, body) }
        let lines = "HTTP/1.1 \(status) Told\r\nContent-Type: application/json\r\n\(more)"
        peer.send(Array("\(lines)Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8))
      }
    }
  }

  private func next(_ peer: Peer) -> (Head, [UInt8])? {
    let found: (Head, [UInt8])?? = try? peer.wait(for: "a delivery", until: Date() + 3_600) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> (Head, [UInt8])?? in
      if let (head, length) = try Head.parse(buffer),
        let size = head.values("content-length").first.flatMap({ Int($0) }),
        buffer.count >= length + size
      {
        let body = Array(buffer[length..<length + size])
        buffer.removeFirst(length + size)
        return .some((head, body))
      }
      return end == nil ? nil : .some(nil)
    }
    return found ?? nil
  }

  private func keep(_ head: Head, _ body: [UInt8]) {
    changed.lock()
    defer { changed.unlock() }
    do {
      guard head.startLine == "POST /v1/traces HTTP/1.1",
        head.values("content-type") == ["application/json"]
      else { throw CaseFailure("no delivery: \(head)") }
      let (resource, spans) = try OTLPCheck.read(body)
      deliveries.append(
        Delivery(
          head: head, body: String(decoding: body, as: UTF8.self), spans: spans,
          resource: resource, time: Date()))
    } catch {
      complaints.append("\(error)")
    }
  }
}

/// A span as a collector sees it.
struct CollectedSpan {
  var trace = ""
  var id = ""
  var parent: String?
  var name = ""
  /// 1 internal, 2 server, 3 client.
  var kind = 0
  var flags = 0
  /// Nanoseconds since 1970.
  var start: UInt64 = 0
  var end: UInt64 = 0
  /// Numbers as they are written.
  var attributes: [String: String] = [:]
  var isError = false
  var message = ""

  subscript(_ name: String) -> String? { attributes[name] }
}
