import Testing

/// The runner's own parts: a runner that cannot fail would prove nothing.
@Suite struct RunnerTests {
  @Test func readsACase() throws {
    let text = """
      # A comment.
      summary: shows how it is read
      tags: a b
      host: --max-body 10
      backend: one type=vllm models=x,y survey=garbage key=K
      client sends
        | GET / HTTP/1.1
        |
        | body
      one/a receives head on a new connection
      """
    let read = try CaseParser.parse(text, name: "n")
    #expect(read.tags == ["a", "b"])
    #expect(read.flags == ["--max-body", "10"])
    #expect(
      read.backends == [
        WireCase.Backend(
          name: "one", type: "vllm", models: ["x", "y"], survey: .garbage, keyVariable: "K")
      ])
    #expect(read.steps.map(\.actor) == ["client", "one"])
    #expect(read.steps[0].block == ["GET / HTTP/1.1", "", "body"])
    #expect(read.steps[1].label == "a")
    #expect(read.steps[1].line == 10)
  }

  @Test(arguments: [
    "client closes",
    "summary: s",
    "summary: s\nnobody sends",
    "summary: s\nclient",
    "summary: s\n  | block",
    "summary: s\nwhat: x\nclient closes",
    "summary: s\nbackend: one speed=1\nclient closes",
    "summary: s\nclient closes\ntags: late",
    "summary: s\nclient closes\n  indented",
  ])
  func refusesABrokenCase(_ text: String) {
    #expect(throws: CaseFailure.self) { try CaseParser.parse(text, name: "n") }
  }

  @Test func expandsWords() throws {
    let template = Template(values: ["x": [0x58]])
    #expect(
      try template.expand("a{{crlf}}{{hex 00 ff}}{{x}}").literal() == [
        0x61, 0x0D, 0x0A, 0, 0xFF, 0x58,
      ])
    #expect(try template.expand("{{repeat 3 a{{lf}}}}").literal() == Array("a\na\na\n".utf8))
    #expect(try template.expand(#"{"a":{"b":1}}"#).literal() == Array(#"{"a":{"b":1}}"#.utf8))
    #expect(throws: CaseFailure.self) { try template.expand("{{unknown}}") }
    #expect(throws: CaseFailure.self) { try template.expand("{{open") }
    #expect(throws: CaseFailure.self) { try template.expand("{{any}}").literal() }
  }

  @Test func matchesPrefixes() throws {
    let pattern = try Template().expand("ab{{=x}}c")
    #expect(pattern.match(prefixOf: [0x61], ended: false) == .partial)
    #expect(pattern.match(prefixOf: [0x61], ended: true) == .mismatch(at: 1))
    #expect(pattern.match(prefixOf: [0x61, 0x78], ended: false) == .mismatch(at: 1))
    let bytes = Array("abyycc".utf8)
    #expect(
      pattern.match(prefixOf: bytes[...], ended: false)
        == .match(length: 5, captures: ["x": Array("yy".utf8)]))
  }

  @Test func matchesWholes() throws {
    let pattern = try Template().expand("a{{any}}c")
    #expect(pattern.match(all: Array("abcbc".utf8)) == .match(length: 5, captures: [:]))
    #expect(pattern.match(all: Array("abcb".utf8)) == .mismatch(at: 3))
    let plain = try Template().expand("abc")
    #expect(plain.match(all: Array("abcd".utf8)) == .mismatch(at: 3))
    #expect(plain.match(all: Array("ab".utf8)) == .mismatch(at: 2))
    #expect(Pattern().match(all: []) == .match(length: 0, captures: [:]))
    #expect(Pattern().match(all: [1]) == .mismatch(at: 0))
  }

  @Test func readsChunks() throws {
    let wire = Array("3;x=1\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nNEXT".utf8)
    for cut in 0...wire.count {
      var reader = BodyReader(.chunked)
      var payload: [UInt8] = []
      var buffer = Array(wire[..<cut])
      try reader.read(from: &buffer, ended: false, into: &payload)
      buffer += wire[cut...]
      try reader.read(from: &buffer, ended: false, into: &payload)
      #expect(payload == Array("abc0123456789".utf8))
      #expect(buffer == Array("NEXT".utf8))
      #expect(reader.isComplete)
    }
  }

  @Test(arguments: ["0x3\r\nabc\r\n", "3\r\nabcd\r\n", "-1\r\n", "\r\n", "0\r\nX: y\r\n"])
  func refusesBadChunks(_ wire: String) {
    #expect(throws: CaseFailure.self) {
      var reader = BodyReader(.chunked)
      var payload: [UInt8] = []
      var buffer = Array(wire.utf8)
      try reader.read(from: &buffer, ended: false, into: &payload)
    }
  }

  @Test func refusesAmbiguousFraming() throws {
    let wire = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    let (head, _) = try #require(try Head.parse(Array(wire.utf8)))
    #expect(throws: CaseFailure.self) { try head.framing() }
  }

  @Test func checksHeads() throws {
    let wire = "HTTP/1.1 404 Not Found\r\nAllow: POST\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
    let (head, _) = try #require(try Head.parse(Array(wire.utf8)))
    let check = { (lines: [String]) in
      try MessageBlock(lines).check(head, Template())
    }
    #expect(try check(["HTTP/1.1 404", "allow: {{=a}}"]) == ["a": Array("POST".utf8)])
    _ = try check(["HTTP/1.1 404 Not Found", "X-A: 1", "X-A: 2", "! Server"])
    for wrong in [
      ["HTTP/1.1 40"], ["HTTP/1.1 405"], ["HTTP/1.1 404", "X-A: 1"], ["HTTP/1.1 404", "! X-A"],
      ["HTTP/1.1 404", "Allow: GET"], ["HTTP/1.1 404", "Missing: 1"],
    ] {
      #expect(throws: CaseFailure.self) { try check(wrong) }
    }
  }

  @Test func checksJSON() throws {
    let body = Array(#"{"a":[{"b":"text"}],"n":null,"i":2}"#.utf8)
    try JSONCheck.check(
      [#"a[0].b = "text""#, "a[0].b contains ex", "n = null", "i = 2", "c absent", "n present"],
      in: body)
    for wrong in ["i = 3", "a[1] present", "a absent", "a[0].b contains q", "n = 0", "i"] {
      #expect(throws: CaseFailure.self) { try JSONCheck.check([wrong], in: body) }
    }
    #expect(throws: CaseFailure.self) { try JSONCheck.checkEnvelope(body) }
  }
}
