import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// What came back over a connection: raw, and taken apart.
struct Reply {
  enum End { case complete, closed, reset, silent }

  let raw: [UInt8]
  let end: End

  private var text: String { String(decoding: raw, as: UTF8.self) }
  private var halves: (head: String, body: String) {
    guard let gap = text.range(of: "\r\n\r\n") else { return (text, "") }
    return (String(text[..<gap.lowerBound]), String(text[gap.upperBound...]))
  }

  var status: Int { Int(text.dropFirst(9).prefix(3)) ?? 0 }
  /// The names of the header fields, in their order.
  var fields: [String] {
    halves.head.components(separatedBy: "\r\n").dropFirst().map {
      String($0.prefix { $0 != ":" })
    }
  }
  var rawBody: String { halves.body }

  func header(_ name: String) -> String? {
    let line = halves.head.components(separatedBy: "\r\n").first {
      $0.lowercased().hasPrefix(name.lowercased() + ":")
    }
    return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
  }

  /// The body without the framing of chunks.
  var body: String {
    guard header("transfer-encoding") == "chunked" else { return rawBody }
    var rest = Array(rawBody.utf8)[...]
    var out: [UInt8] = []
    while let line = rest.firstIndex(of: 10) {
      let digits = String(decoding: rest[..<line].dropLast(), as: UTF8.self)
      guard let size = Int(digits, radix: 16), size > 0, rest.endIndex >= line + 1 + size else {
        break
      }
      out += rest[(line + 1)..<(line + 1 + size)]
      rest = rest[(line + 1 + size + 2)...]
    }
    return String(decoding: out, as: UTF8.self)
  }

  var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
  }

  /// The payloads of the events.
  var events: [String] {
    body.components(separatedBy: "\n\n").compactMap { event in
      event.components(separatedBy: "\n").first { $0.hasPrefix("data: ") }.map {
        String($0.dropFirst(6))
      }
    }
  }

  /// Is the last byte of the chunked body there?
  var hasFinalChunk: Bool { ("\r\n" + rawBody).hasSuffix("\r\n0\r\n\r\n") }

  /// The names of all members, in the order in which they are written.
  static func keys(_ text: String) -> [String] {
    var keys: [String] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "\"") {
      let inside = rest[rest.index(after: start)...]
      var end = inside.startIndex
      while end < inside.endIndex, inside[end] != "\"" {
        end = inside.index(end, offsetBy: inside[end] == "\\" ? 2 : 1)
      }
      rest = inside[inside.index(after: end)...]
      if rest.first == ":" { keys.append(String(inside[..<end])) }
    }
    return keys
  }
}

/// A blocking client of one connection that writes exactly what it is told.
final class WireClient {
  private let socket: Int32

  init(_ port: UInt16) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
  }

  deinit { close(socket) }

  static func request(
    _ method: String, _ path: String, body: String? = nil, headers: [String] = []
  ) -> String {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1"] + headers
    if let body { lines.append("Content-Length: \(body.utf8.count)") }
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          socket, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  func exchange(_ text: String, patience: Double = 10) -> Reply {
    send(text)
    return receive(patience: patience)
  }

  /// Reads until it is enough, one answer is complete (unless more are wanted), the connection ends, or nothing comes for `patience`.
  func receive(
    patience: Double = 10, beyondOne: Bool = false, until isEnough: (Reply) -> Bool = { _ in false }
  ) -> Reply {
    var limit = timeval(
      tv_sec: Int(patience), tv_usec: Int(patience.truncatingRemainder(dividingBy: 1) * 1e6))
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let soFar = Reply(raw: bytes, end: .complete)
      if isEnough(soFar) || (!beyondOne && WireClient.isComplete(soFar)) { return soFar }
      let count = recv(socket, &buffer, buffer.count, 0)
      if count == 0 { return Reply(raw: bytes, end: .closed) }
      if count < 0 { return Reply(raw: bytes, end: errno == ECONNRESET ? .reset : .silent) }
      bytes += buffer[..<count]
    }
  }

  private static func isComplete(_ reply: Reply) -> Bool {
    guard reply.status != 0, reply.raw.count > 20 else { return false }
    if let length = reply.header("content-length").flatMap(Int.init) {
      return reply.rawBody.utf8.count >= length
    }
    return reply.header("transfer-encoding") == "chunked" && reply.hasFinalChunk
  }
}
