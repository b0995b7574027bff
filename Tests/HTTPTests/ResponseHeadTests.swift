import Testing

@testable import HTTP

@Suite struct ResponseHeadTests {
  @Test func parsesStatusLines() {
    let cases: [(line: String, status: Int, reason: String)] = [
      ("HTTP/1.1 200 OK", 200, "OK"), ("HTTP/1.1 200 ", 200, ""), ("HTTP/1.1 200", 200, ""),
      ("HTTP/1.0 404 Not  Found!", 404, "Not  Found!"), ("HTTP/1.1 999 é", 999, "é"),
    ]
    for (line, status, reason) in cases {
      for end in ["\r\n", "\n"] {
        let head = parseResponse(Array("\(line)\(end)A: b\(end)\(end)rest".utf8)).head
        #expect(head?.status == status, "\(line)")
        #expect(head?.reason == reason, "\(line)")
        #expect(head?.fields == ["A=b"], "\(line)")
        #expect(head?.length == line.utf8.count + 4 + 3 * end.utf8.count)
      }
    }
  }

  @Test func framesTheBody() {
    let cases: [(status: Int, fields: String, toHead: Bool, framing: BodyFraming)] = [
      (200, "Content-Length: 5\r\n", false, .length(5)), (200, "", false, .untilClose),
      (200, "Transfer-Encoding: chunked\r\n", false, .chunked),
      (200, "Content-Length: 5\r\n", true, .none), (200, "", true, .none),
      (200, "Transfer-Encoding: chunked\r\n", true, .none),
      (204, "", false, .none), (304, "Content-Length: 5\r\n", false, .none),
      (100, "", false, .none),
      (101, "Upgrade: websocket\r\n", false, .none), (500, "", false, .untilClose),
    ]
    for (status, fields, toHead, framing) in cases {
      let bytes = Array("HTTP/1.1 \(status) x\r\n\(fields)\r\n".utf8)
      let head = parseResponse(bytes, toHead: toHead).head
      #expect(head?.framing == framing, "\(status) \(fields) \(toHead)")
      #expect(head?.keepAlive == (framing != .untilClose))
    }
  }

  @Test func decidesWhetherTheConnectionPersists() {
    func keepAlive(_ text: String) -> Bool? { parseResponse(Array(text.utf8)).head?.keepAlive }
    #expect(keepAlive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") == false)
    #expect(keepAlive("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") == false)
    #expect(
      keepAlive("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n") == true)
  }

  @Test func refusesWhatIsNotOneMessage() {
    let cases: [(text: String, reason: HTTPParseError.Reason)] = [
      ("HTTP/1.1 20 OK\r\n\r\n", .badStatus), ("HTTP/1.1 2000 OK\r\n\r\n", .badStatus),
      ("HTTP/1.1 099 OK\r\n\r\n", .badStatus), ("HTTP/1.1 2x0 OK\r\n\r\n", .badStatus),
      ("HTTP/1.1  200 OK\r\n\r\n", .badStatus), ("HTTP/1.1\r\n\r\n", .badStartLine),
      ("HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion), ("HTTX/1.1 200 OK\r\n\r\n", .badVersion),
      ("ICY 200 OK\r\n\r\n", .badStartLine), ("SSH-2.0-x\r\n", .badStartLine),
      ("HTTP/1.1 200 O\u{0}K\r\n\r\n", .controlByte),
      ("HTTP/1.1 200 OK\rX\r\n\r\n", .bareCarriageReturn),
      ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .spaceBeforeColon),
      ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .foldedLine),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .repeatedContentLength),
      ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .badContentLength),
      (
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        .contentLengthWithTransferEncoding
      ),
      ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .unknownTransferCoding),
    ]
    for (text, reason) in cases {
      let error = parseResponse(Array(text.utf8)).error
      #expect(error?.reason == reason, "\(text.debugDescription)")
      #expect(error?.status == 502)
    }
    let huge = Array(("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 70_000)).utf8)
    #expect(parseResponse(huge).error?.reason == .headTooLarge)
  }

  @Test func interimHeadsComeBeforeTheFinalOne() throws {
    let bytes = Array(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
    var parser = HeadParser()
    var head = ResponseHead()
    let first = try parser.response(bytes.span, toHead: false, into: &head) ?? 0
    #expect(head.status == 100)
    let rest = Array(bytes[first...])
    #expect(try parser.response(rest.span, toHead: false, into: &head) == rest.count - 2)
    #expect(head.framing == .length(2))
  }
}
