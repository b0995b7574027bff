import Testing

@testable import HTTP

/// Which requests open a WebSocket (RFC 6455 §4.2.1).
@Suite struct WebSocketHandshakeTests {
  private static let good = [
    "Host: a", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  /// The value of Sec-WebSocket-Accept, or why there is none.
  private func answer(_ lines: [String], start: String = "GET /ws HTTP/1.1") throws -> String {
    let bytes = Array((([start] + lines).joined(separator: "\r\n") + "\r\n\r\n").utf8)
    var parser = HeadParser(limits: HTTPLimits())
    var head = RequestHead()
    _ = try #require(try parser.request(bytes.span, into: &head))
    do {
      let accept = try WebSocketHandshake.accept(head, in: bytes.span)
      return String(decoding: accept, as: UTF8.self)
    } catch {
      return "\(error)"
    }
  }

  private func changed(_ name: String, _ line: String?) -> [String] {
    Self.good.filter { !$0.hasPrefix("\(name):") } + (line.map { [$0] } ?? [])
  }

  /// RFC 6455 §1.3.
  @Test func theExampleIsAnswered() throws {
    #expect(try answer(Self.good) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test func spellingsDoNotMatter() throws {
    for (name, line) in [
      ("Upgrade", "upgrade: WebSocket"), ("Upgrade", "UPGRADE: h2c, websocket"),
      ("Connection", "connection: keep-alive, UPGRADE"),
      ("Sec-WebSocket-Key", "sec-websocket-key:   dGhlIHNhbXBsZSBub25jZQ==  "),
      ("Host", "Host: a\r\nContent-Length: 0"),
      ("Host", "Host: a\r\nSec-WebSocket-Extensions: permessage-deflate"),
      ("Host", "Host: a\r\nSec-WebSocket-Protocol: chat"),
    ] {
      #expect(try answer(changed(name, line)) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "\(line)")
    }
  }

  @Test func othersAreRefused() throws {
    for (name, line, fault) in [
      ("Upgrade", nil, "noUpgrade"), ("Upgrade", "Upgrade: h2c", "noUpgrade"),
      ("Upgrade", "Upgrade: websockets", "noUpgrade"), ("Upgrade", "Upgrade:", "noUpgrade"),
      ("Connection", nil, "noUpgrade"), ("Connection", "Connection: keep-alive", "noUpgrade"),
      ("Connection", "Connection: upgraded", "noUpgrade"),
      ("Sec-WebSocket-Version", nil, "otherVersion"),
      ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", "otherVersion"),
      ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8", "otherVersion"),
      ("Host", "Host: a\r\nSec-WebSocket-Version: 13", "otherVersion"),
      ("Sec-WebSocket-Key", nil, "badKey"), ("Sec-WebSocket-Key", "Sec-WebSocket-Key:", "badKey"),
      ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=", "badKey"),
      ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j", "badKey"),
      ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA", "badKey"),
      ("Host", "Host: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "badKey"),
      ("Host", "Host: a\r\nContent-Length: 5", "hasBody"),
      ("Host", "Host: a\r\nTransfer-Encoding: chunked", "hasBody"),
    ] as [(String, String?, String)] {
      #expect(try answer(changed(name, line)) == fault, "\(line ?? "no \(name)")")
    }
    #expect(try answer(Self.good, start: "HEAD /ws HTTP/1.1") == "noUpgrade")
    #expect(try answer(Self.good, start: "POST /ws HTTP/1.1") == "noUpgrade")
    #expect(try answer(Self.good, start: "GET /ws HTTP/1.0") == "noUpgrade")
  }
}
