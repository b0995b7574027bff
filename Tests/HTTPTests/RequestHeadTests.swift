import Testing

@testable import HTTP

@Suite struct RequestHeadTests {
  @Test func parsesATypicalRequest() {
    let bytes = Array(
      ("POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent:  OpenAI/Python 1\t\r\n"
        + "X-Empty:\r\nContent-Type: application/json\r\ncontent-length: 17\r\nX-Note: a\tb é\r\n\r\n{\"a\"")
        .utf8)
    let head = parseRequest(bytes).head
    #expect(head?.length == bytes.count - 4)
    #expect(head?.method == .post)
    #expect(head?.target == "/v1/chat/completions?x=1")
    #expect(head?.path == "/v1/chat/completions")
    #expect(head?.authority == nil)
    #expect(
      head?.fields == [
        "Host=localhost:8080", "User-Agent=OpenAI/Python 1", "X-Empty=",
        "Content-Type=application/json", "content-length=17", "X-Note=a\tb é",
      ])
    #expect(head?.framing == .length(17))
    #expect(head?.keepAlive == true)
  }

  @Test func knowsTheMethods() {
    let known: [(String, HTTPMethod)] = [
      ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
      ("OPTIONS", .options), ("PATCH", .patch), ("TRACE", .trace), ("get", .other),
      ("BREW", .other), ("M-SEARCH", .other), ("!#$%&'*+-.^_`|~09", .other),
    ]
    for (name, method) in known {
      let head = parseRequest(Array("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)).head
      #expect(head?.method == method, "\(name)")
      #expect(head?.methodName == name)
      if method != .other { #expect("\(method.name)" == name) }
    }
  }

  @Test func understandsTheFourFormsOfTarget() {
    let cases: [(line: String, path: String, authority: String?)] = [
      ("GET /a/b?c=/d", "/a/b", nil), ("GET //a//", "//a//", nil), ("GET /?", "/", nil),
      ("GET http://host/p?q", "/p", "host"), ("GET HTTP://host:80?q", "", "host:80"),
      ("GET https://[::1]:8/", "/", "[::1]:8"), ("GET http://host", "", "host"),
      ("OPTIONS *", "*", nil), ("CONNECT host:443", "", "host:443"),
      ("GET /%2e%2e/~a(b)!$&'*+,;=:@", "/%2e%2e/~a(b)!$&'*+,;=:@", nil),
    ]
    for (line, path, authority) in cases {
      let head = parseRequest(Array("\(line) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)).head
      #expect(head?.path == path, "\(line)")
      #expect(head?.authority == authority, "\(line)")
    }
  }

  @Test func decidesWhetherTheConnectionPersists() {
    let cases: [(version: String, connection: String, keepAlive: Bool)] = [
      ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
      ("1.1", "Connection: foo, Close\r\n", false), ("1.1", "Connection: closed\r\n", true),
      ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
      ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true),
      ("1.0", "Connection: keep-alive, close\r\n", false),
    ]
    for (version, connection, keepAlive) in cases {
      let text = "GET / HTTP/\(version)\r\nHost: a\r\n\(connection)\r\n"
      let head = parseRequest(Array(text.utf8)).head
      #expect(head?.keepAlive == keepAlive, "\(text)")
      #expect(head?.isHTTP10 == (version == "1.0"))
    }
  }

  @Test func framesTheBody() {
    let cases: [(fields: String, framing: BodyFraming)] = [
      ("", .none), ("Content-Length: 0\r\n", .length(0)), ("Content-Length: 007\r\n", .length(7)),
      ("Content-Length: 99999999999999999\r\n", .length(99_999_999_999_999_999)),
      ("Transfer-Encoding: chunked\r\n", .chunked), ("transfer-encoding:CHUNKED \r\n", .chunked),
    ]
    for (fields, framing) in cases {
      let head = parseRequest(Array("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)).head
      #expect(head?.framing == framing, "\(fields)")
    }
  }

  @Test func notesExpectationsAndUpgrades() {
    func parse(_ fields: String, _ version: String = "1.1") -> ParsedRequest? {
      parseRequest(Array("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n".utf8)).head
    }
    #expect(parse("Expect: 100-Continue\r\n")?.expectsContinue == true)
    #expect(parse("Expect: 100-continue\r\n", "1.0")?.expectsContinue == false)
    #expect(parse("Expect: 200-ok\r\n")?.expectsContinue == false)
    #expect(parse("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")?.hasUpgrade == true)
    #expect(parse("Upgrade: websocket\r\n")?.hasUpgrade == false)
    #expect(parse("Connection: upgrade\r\n")?.hasUpgrade == false)
  }

  @Test func ignoresAFewEmptyLinesBeforeTheRequest() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    for count in 0...4 {
      let text = String(repeating: "\r\n", count: count) + request
      let bytes = Array(text.utf8)
      #expect(parseRequest(bytes, cuts: Array(0..<bytes.count)).head?.length == text.utf8.count)
      #expect(parseRequest(bytes).head?.target == "/")
    }
    let many = Array((String(repeating: "\r\n", count: 5) + request).utf8)
    #expect(parseRequest(many).error?.reason == .badStartLine)
    #expect(parseRequest(Array("\r\rGET".utf8)).error?.reason == .bareCarriageReturn)
    #expect(parseRequest(Array("\nGET".utf8)).error?.reason == .badStartLine)
  }

  @Test func pipelinedRequestsAreTakenOneByOne() throws {
    let bytes = Array(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\nGET /3".utf8)
    var parser = HeadParser()
    var head = RequestHead()
    let first = try parser.request(bytes.span, into: &head) ?? 0
    #expect(text(bytes, head.path) == "/1")
    let rest = Array(bytes[first...])
    let second = try parser.request(rest.span, into: &head) ?? 0
    #expect(text(rest, head.path) == "/2")
    #expect(text(rest, head.fields[0].value) == "b")
    let last = Array(rest[second...])
    #expect(try parser.request(last.span, into: &head) == nil)
  }

  @Test func looksUpFields() throws {
    let bytes = Array("GET / HTTP/1.1\r\nHOST: h\r\nX-A: 1\r\nx-a: 2\r\nX-AB: 3\r\n\r\n".utf8)
    var parser = HeadParser()
    var head = RequestHead()
    _ = try parser.request(bytes.span, into: &head)
    #expect(head.value("host", in: bytes.span).map { text(bytes, $0) } == "h")
    #expect(head.value("x-a", in: bytes.span).map { text(bytes, $0) } == "1")
    #expect(head.count(of: "x-a", in: bytes.span) == 2)
    #expect(head.value("x-", in: bytes.span) == nil)
    #expect(text(bytes, head.fields[3].line) == "X-AB: 3")
  }

  @Test func tellsHopByHopFields() throws {
    let bytes = Array(
      ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close, X-Mine\r\nx-mine: 1\r\nX-Other: 2\r\n"
        + "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: x\r\nProxy-Authorization: y\r\nTrailer: z\r\n\r\n")
        .utf8)
    var parser = HeadParser()
    var head = RequestHead()
    _ = try parser.request(bytes.span, into: &head)
    let passed = head.fields.filter { !head.fields.isHopByHop($0, in: bytes.span) }
    #expect(passed.map { text(bytes, $0.name) } == ["Host", "X-Other"])
  }
}
