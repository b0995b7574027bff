import Foundation

@testable import Drivers

/// A recorded exchange of Tests/Fixtures/llamacpp.
struct ReplayFixture {
  let name: String
  /// The body that the client sent, and the path it went to.
  let requestPath: String
  let requestBody: String
  /// The answer, taken out of its HTTP framing.
  let reply: Reply

  init(_ name: String) throws {
    self.name = name
    let folder = repositoryRoot.appendingPathComponent("Tests/Fixtures/llamacpp")
    let request = try Data(contentsOf: folder.appendingPathComponent("\(name).request.http"))
    let (head, body) = Self.split([UInt8](request))
    requestPath = String(head.split(separator: " ")[1])
    requestBody = String(decoding: body, as: UTF8.self)
    let raw = try Data(contentsOf: folder.appendingPathComponent("\(name).http"))
    reply = Self.reply([UInt8](raw))
  }

  private static func split(_ bytes: [UInt8]) -> (head: String, body: [UInt8]) {
    let end =
      (0..<bytes.count).first { bytes[$0...].starts(with: [13, 10, 13, 10]) } ?? bytes.count
    let head = String(decoding: bytes[..<end], as: UTF8.self)
    return (head, Array(bytes[min(end + 4, bytes.count)...]))
  }

  private static func reply(_ raw: [UInt8]) -> Reply {
    let (head, body) = split(raw)
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    var reply = Reply(Int(lines[0].split(separator: " ")[1]) ?? 0, headers: [])
    for line in lines.dropFirst() {
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      let value = line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
      reply.headers.append((String(line[..<colon]), value))
    }
    let isChunked = reply.headers.contains { $0.0 == "Transfer-Encoding" }
    if isChunked { unchunk(body, into: &reply) } else { reply.body = body }
    return reply
  }

  /// Takes the chunk framing off. What ends before its last chunk was broken off.
  private static func unchunk(_ body: [UInt8], into reply: inout Reply) {
    var rest = body[...]
    while let lineEnd = rest.firstIndex(of: 13) {
      let size = Int(String(decoding: rest[..<lineEnd], as: UTF8.self), radix: 16) ?? 0
      if size == 0 { return }
      let start = lineEnd + 2
      reply.body += rest[min(start, rest.endIndex)..<min(start + size, rest.endIndex)]
      if start + size + 2 > rest.endIndex { break }
      rest = rest[(start + size + 2)...]
    }
    reply.ending = .broken(.closed)
  }
}
