import Testing

@testable import HTTP

/// What a server must not accept, mostly because two servers could understand it differently
/// (RFC 9112 §11.2, request smuggling).
@Suite struct RequestRefusalTests {
  typealias Case = (text: String, reason: HTTPParseError.Reason, status: Int, offset: Int)

  static let startLines: [Case] = [
    ("GET / HTTP/1.1 \r\n\r\n", .badVersion, 400, 14),
    ("GET  / HTTP/1.1\r\n\r\n", .badTarget, 400, 4), ("GET /\r\n\r\n", .badStartLine, 400, 5),
    ("GET\r\n\r\n", .badStartLine, 400, 3), ("GET /a b HTTP/1.1\r\n\r\n", .badVersion, 400, 7),
    ("GET\t/ HTTP/1.1\r\n\r\n", .controlByte, 400, 3),
    ("G(T / HTTP/1.1\r\n\r\n", .badMethod, 400, 1),
    (" GET / HTTP/1.1\r\n\r\n", .badStartLine, 400, 0),
    ("GET / http/1.1\r\n\r\n", .badVersion, 400, 6),
    ("GET / HTTP/11\r\n\r\n", .badVersion, 400, 11),
    ("GET / HTTP/1.x\r\n\r\n", .badVersion, 400, 11),
    ("GET / HTTP/1.1x\r\n\r\n", .badVersion, 400, 14),
    ("GET / HTTP/2.0\r\n\r\n", .unsupportedVersion, 505, 11),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .badTarget, 400, 4),
    ("GET / HTTP/1.2\r\n\r\n", .unsupportedVersion, 505, 11),
    ("GET / HTTP/0.9\r\n\r\n", .unsupportedVersion, 505, 11),
    ("GET relative HTTP/1.1\r\n\r\n", .badTarget, 400, 4),
    ("GET * HTTP/1.1\r\n\r\n", .badTarget, 400, 4),
    ("GET ftp://a/ HTTP/1.1\r\n\r\n", .badTarget, 400, 4),
    ("GET http:///x HTTP/1.1\r\n\r\n", .badTarget, 400, 11),
    ("GET http://u@h/ HTTP/1.1\r\n\r\n", .badTarget, 400, 12),
    ("GET /a#b HTTP/1.1\r\n\r\n", .badTarget, 400, 6),
    ("GET /\u{E9} HTTP/1.1\r\n\r\n", .badTarget, 400, 5),
    ("GET /\u{0}x HTTP/1.1\r\n\r\n", .controlByte, 400, 5),
    ("CONNECT /x HTTP/1.1\r\n\r\n", .badTarget, 400, 8),
    ("GET / HTTP/1.1\rX\r\n\r\n", .bareCarriageReturn, 400, 14),
    ("GET /\rHTTP/1.1\r\n\r\n", .bareCarriageReturn, 400, 5),
    ("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed, 400, 14),
    ("\u{16}\u{3}\u{1}\u{2}\u{0}", .badStartLine, 400, 0), ("{\"a\":1}", .badStartLine, 400, 0),
  ]

  /// Field lines after "POST / HTTP/1.1\r\nHost: a\r\n", which is 26 bytes long.
  static let fieldLines: [Case] = [
    // Content-Length
    ("Content-Length: 5\r\nContent-Length: 5\r\n", .repeatedContentLength, 400, 19),
    ("Content-Length: 5\r\nContent-Length: 6\r\n", .repeatedContentLength, 400, 19),
    ("Content-Length: 5, 5\r\n", .badContentLength, 400, 17),
    ("Content-Length: +5\r\n", .badContentLength, 400, 16),
    ("Content-Length: -5\r\n", .badContentLength, 400, 16),
    ("Content-Length: 5 5\r\n", .badContentLength, 400, 17),
    ("Content-Length: 0x5\r\n", .badContentLength, 400, 17),
    ("Content-Length: 5.0\r\n", .badContentLength, 400, 17),
    ("Content-Length: \"5\"\r\n", .badContentLength, 400, 16),
    ("Content-Length:\r\n", .badContentLength, 400, 15),
    ("Content-Length: 18446744073709551616\r\n", .badContentLength, 400, 34),
    ("Content-Length: ٥\r\n", .badContentLength, 400, 16),
    // Both: CL.TE and TE.CL
    (
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", .contentLengthWithTransferEncoding,
      400, 19
    ),
    (
      "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", .contentLengthWithTransferEncoding,
      400, 28
    ),
    // TE.TE
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .badTransferEncoding, 400, 47),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", .unknownTransferCoding, 501, 47),
    ("Transfer-Encoding: chunked, chunked\r\n", .badTransferEncoding, 400, 19),
    ("Transfer-Encoding: gzip, chunked\r\n", .unknownTransferCoding, 501, 19),
    ("Transfer-Encoding: chunked, identity\r\n", .unknownTransferCoding, 501, 28),
    ("Transfer-Encoding: identity\r\n", .unknownTransferCoding, 501, 19),
    ("Transfer-Encoding: xchunked\r\n", .unknownTransferCoding, 501, 19),
    ("Transfer-Encoding: chunked;q=1\r\n", .badTransferEncoding, 400, 19),
    ("Transfer-Encoding: \"chunked\"\r\n", .badTransferEncoding, 400, 19),
    ("Transfer-Encoding: chunked,\r\n", .badTransferEncoding, 400, 19),
    ("Transfer-Encoding: ,chunked\r\n", .badTransferEncoding, 400, 19),
    ("Transfer-Encoding:\r\n", .badTransferEncoding, 400, 18),
    ("Transfer-Encoding: \u{B}chunked\r\n", .controlByte, 400, 19),
    ("Transfer-Encoding : chunked\r\n", .spaceBeforeColon, 400, 17),
    ("Transfer-Encoding\t: chunked\r\n", .spaceBeforeColon, 400, 17),
    ("Transfer\u{0}-Encoding: chunked\r\n", .controlByte, 400, 8),
    // Lines
    (" X: folded first\r\n", .foldedLine, 400, 0), ("\tX: folded first\r\n", .foldedLine, 400, 0),
    ("A: b\r\n c\r\n", .foldedLine, 400, 6), ("A: b\r\n\tc\r\n", .foldedLine, 400, 6),
    ("A: b\nB: c\r\n", .bareLineFeed, 400, 4), ("A: b\rB: c\r\n", .bareCarriageReturn, 400, 4),
    ("A: b\r\r\n", .bareCarriageReturn, 400, 4), ("A\rB: c\r\n", .bareCarriageReturn, 400, 1),
    ("A: b\u{0}c\r\n", .controlByte, 400, 4), ("A: b\u{1}\r\n", .controlByte, 400, 4),
    ("A: b\u{7F}\r\n", .controlByte, 400, 4), ("A: \u{1B}[0m\r\n", .controlByte, 400, 3),
    (": nameless\r\n", .badFieldName, 400, 0), ("A B: c\r\n", .spaceBeforeColon, 400, 1),
    ("A(: c\r\n", .badFieldName, 400, 1), ("\u{E9}: c\r\n", .badFieldName, 400, 0),
    ("\"A\": c\r\n", .badFieldName, 400, 0), ("nocolon\r\n", .missingColon, 400, 7),
    // Host
    ("Host: a\r\n", .repeatedHost, 400, 0), ("host:\r\n", .repeatedHost, 400, 0),
  ]

  @Test func refusesBadStartLines() {
    for (text, reason, status, offset) in Self.startLines {
      let error = parseRequest(Array(text.utf8)).error
      #expect(error?.reason == reason, "\(text.debugDescription)")
      #expect(error?.offset == offset, "\(text.debugDescription)")
      #expect(error?.status == status, "\(text.debugDescription)")
    }
  }

  @Test func refusesBadFieldLines() {
    let before = "POST / HTTP/1.1\r\nHost: a\r\n"
    for (text, reason, status, offset) in Self.fieldLines {
      let error = parseRequest(Array((before + text + "\r\n").utf8)).error
      #expect(error?.reason == reason, "\(text.debugDescription)")
      #expect(error?.offset == offset + before.utf8.count, "\(text.debugDescription)")
      #expect(error?.status == status, "\(text.debugDescription)")
    }
  }

  @Test func hostIsRequiredOnceAndMustBeOne() {
    func reason(_ text: String) -> HTTPParseError.Reason? {
      parseRequest(Array(text.utf8)).error?.reason
    }
    #expect(reason("GET / HTTP/1.1\r\n\r\n") == .missingHost)
    #expect(reason("GET / HTTP/1.1\r\nX: Host: a\r\n\r\n") == .missingHost)
    #expect(reason("GET / HTTP/1.0\r\n\r\n") == nil)
    #expect(reason("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == .repeatedHost)
    for host in ["a b", "a, b", "a/b", "u@a", "a?b", "a#b", "a\\b", "<a>", "a\"", "é"] {
      #expect(reason("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .badHost, "\(host)")
    }
    for host in ["", "a", "a.b:80", "[::1]:8080", "127.0.0.1", "x_y"] {
      #expect(reason("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == nil, "\(host)")
    }
  }

  @Test func chunkedIsNotKnownToHTTP10() {
    let error = parseRequest(
      Array("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    ).error
    #expect(error == HTTPParseError(.transferEncodingInHTTP10, at: 17))
    #expect(error?.status == 400)
  }

  @Test func limitsAreKept() {
    let limits = HTTPLimits(maxHeadBytes: 100, maxFields: 3)
    func outcome(_ text: String) -> Outcome<ParsedRequest> {
      let bytes = Array(text.utf8)
      let whole = parseRequest(bytes, limits: limits)
      #expect(parseRequest(bytes, cuts: Array(0..<bytes.count), limits: limits) == whole)
      return whole
    }
    let line = "GET / HTTP/1.1\r\nHost: a\r\n"
    let fit = line + "X: " + String(repeating: "x", count: 100 - line.utf8.count - 7) + "\r\n\r\n"
    #expect(fit.utf8.count == 100)
    #expect(outcome(fit).head?.length == 100)
    let large = line + "X: " + String(repeating: "x", count: 100 - line.utf8.count - 6) + "\r\n\r\n"
    #expect(outcome(large).error?.status == 431)
    #expect(outcome(line + String(repeating: "x", count: 500)).error?.reason == .headTooLarge)
    #expect(outcome("GET /" + String(repeating: "x", count: 500)).error?.status == 414)
    #expect(outcome(line + "A:\r\nB:\r\n\r\n").head?.fields.count == 3)
    let many = outcome(line + "A:\r\nB:\r\nC:\r\n\r\n").error
    #expect(many?.reason == .tooManyFields)
    #expect(many?.status == 431)
  }

  @Test func everyReasonHasItsOwnMessage() {
    var messages: Set<String> = []
    for raw: UInt8 in 0...255 {
      guard let reason = HTTPParseError.Reason(rawValue: raw) else { continue }
      #expect(messages.insert("\(reason.message)").inserted)
    }
    #expect(messages.count > 25)
  }
}
