import Testing

@testable import Drivers

/// What a relayed request looks like upstream, and when a stream is passed on or given up.
@Suite struct ReplayRelayTests {
  private let chunk =
    #"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}],"usage":null}"#
  private let last = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
  private let usage =
    #"""
    {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,
    "completion_tokens_details":{"reasoning_tokens":3}}}
    """#.replacing("\n", with: "")

  private func stream(
    _ events: [String], driver: String = "openai", ending: Reply.Ending = .complete,
    cut: Cut = .whole
  ) throws -> Transcript {
    Replay.run(
      try ReplayDrivers.driver(driver), DriverOperation(kind: .chat, stream: true), cut: cut
    ) { _, _ in .stream(events, ending: ending) }
  }

  // MARK: The request

  @Test(arguments: [
    (OperationKind.chat, "POST /v1/chat/completions"),
    (.completions, "POST /v1/completions"), (.embeddings, "POST /v1/embeddings"),
  ]) func paths(_ kind: OperationKind, _ expected: String) throws {
    for name in ReplayDrivers.names where name != "exo" || kind == .chat {
      let transcript = Replay.run(
        try ReplayDrivers.driver(name), DriverOperation(kind: kind), body: Array("{}".utf8)
      ) { _, _ in .broken(.closed) }
      #expect(transcript.requests == ["\(expected) {}"], "\(name)")
    }
  }

  @Test func headers() throws {
    let exchange = Exchange()
    _ = exchange.begin(try ReplayDrivers.driver("vllm"), .chat, body: Array("{}".utf8))
    let request = exchange.sink.request
    #expect(request.value(of: "content-type") == Array("application/json".utf8))
    #expect(request.value(of: "authorization") == Array("Bearer {credential}".utf8))
    #expect(request.takesCredential)
    #expect(request.parts == [.client(offset: 0, length: 2)], "the body is not copied")
  }

  /// Only the value of `model` is exchanged, and only where it differs.
  @Test(arguments: [
    (#"{"model":"a","messages":[]}"#, "b", #"{"model":"b","messages":[]}"#),
    (#"{"messages":[],"model":"alias"}"#, "org/name:7b", #"{"messages":[],"model":"org/name:7b"}"#),
    (#"{"model":"same"}"#, "same", #"{"model":"same"}"#),
    (#"{"messages":[]}"#, "b", #"{"messages":[]}"#),
  ]) func model(_ body: String, _ model: String, _ expected: String) throws {
    let operation = Replay.operation(.chat, model: model, body: body)
    for name in ReplayDrivers.names {
      let transcript = Replay.run(
        try ReplayDrivers.driver(name), operation, body: Array(body.utf8)
      ) { _, _ in .broken(.closed) }
      #expect(transcript.requests == ["POST /v1/chat/completions \(expected)"], "\(name)")
    }
  }

  /// Ollama ignores the name that newer clients give to the limit.
  @Test(arguments: [
    (
      #"{"model":"a","max_completion_tokens":64}"#,
      #"{"max_tokens":64,"model":"b","max_completion_tokens":64}"#
    ),
    (
      #" {"max_completion_tokens" : 5 , "model":"a"}"#,
      #" {"max_tokens":5,"max_completion_tokens" : 5 , "model":"b"}"#
    ),
    (
      #"{"model":"a","max_completion_tokens":64,"max_tokens":9}"#,
      #"{"model":"b","max_completion_tokens":64,"max_tokens":9}"#
    ),
    (
      #"{"model":"a","max_completion_tokens":null}"#,
      #"{"model":"b","max_completion_tokens":null}"#
    ),
    (
      #"{"model":"a","user":"max_completion_tokens"}"#,
      #"{"model":"b","user":"max_completion_tokens"}"#
    ),
  ]) func ollamaTokenLimit(_ body: String, _ expected: String) throws {
    let transcript = Replay.run(
      try ReplayDrivers.driver("ollama"), Replay.operation(.chat, model: "b", body: body),
      body: Array(body.utf8)
    ) { _, _ in .broken(.closed) }
    #expect(transcript.requests == ["POST /v1/chat/completions \(expected)"])
  }

  // MARK: Streams

  @Test func goodStream() throws {
    let transcript = try stream([chunk, chunk, last, usage, "[DONE]"])
    #expect(transcript.verdict == .relay)
    #expect(transcript.reports.usage == TokenUsage(input: 11, output: 7, reasoning: 3))
  }

  @Test func withoutClosingMark() throws {
    #expect(try stream([chunk, last]).verdict == .relay)
    #expect(try stream([chunk, "[DONE]"]).verdict == .relay)
    #expect(try stream([chunk, chunk]).outcome == "upstream_broken")
    #expect(try stream(["[DONE]"]).outcome == "upstream_broken")
    #expect(try stream([]).outcome == "upstream_broken")
  }

  @Test func brokenStream() throws {
    #expect(try stream([chunk], ending: .broken(.closed)).outcome == "upstream_broken")
    #expect(try stream([], ending: .broken(.timeout)).outcome == "upstream_broken")
  }

  /// An error as the first event lets the host try another backend; later it ends the stream. Both
  /// have the same code.
  @Test(arguments: [
    (#"{"error":{"message":"boom","code":500}}"#, "upstream_broken"),
    (#"{"error":{"message":"boom","type":"overloaded","code":503}}"#, "upstream_broken"),
    (#"{"error":{"message":"queue is full","code":503}}"#, "overloaded"),
    (
      #"{"error":{"message":"maximum context length is 10 tokens","code":400}}"#,
      "context_overflow(10)"
    ),
    (#"{"error":"plain"}"#, "upstream_broken"),
    (#"{"object":"error","message":"flat","code":500}"#, "upstream_broken"),
    (#"{"choices":[{"delta":{},"finish_reason":"abort"}]}"#, "upstream_broken"),
    (#"{"choices":[{"delta":{},"finish_reason": "error"}]}"#, "upstream_broken"),
  ]) func errorEvents(_ event: String, _ outcome: String) throws {
    for cut in [Cut.whole, .every(1), .every(10)] {
      #expect(try stream([event, "[DONE]"], cut: cut).outcome == outcome)
      #expect(try stream([chunk, event, "[DONE]"], cut: cut).outcome == outcome)
      #expect(try stream([chunk, last, usage, event], cut: cut).outcome == outcome)
    }
  }

  /// LM Studio refuses a streamed request with 200 and an event of that name.
  @Test func namedErrorEvent() throws {
    var reply = Reply(200, headers: [("content-type", "text/event-stream")])
    reply.body = Array(
      "event: error\ndata: {\"error\":{\"message\":\"No models loaded\"}}\n\n".utf8)
    for cut in [Cut.whole, .every(1)] {
      let transcript = Replay.run(
        try ReplayDrivers.driver("lmstudio"), DriverOperation(kind: .chat, stream: true), cut: cut
      ) { _, _ in reply }
      #expect(transcript.outcome == "model_absent")
    }
  }

  /// A blank line ends an event, also one without data and also between two reads.
  @Test func eventWithoutData() throws {
    let text = "\n\nevent: error\n\ndata: \(chunk)\n\ndata: \(last)\n\n"
    for cut in [Cut.whole, .every(1), .at(15)] {
      let transcript = Replay.run(
        try ReplayDrivers.driver("openai"), DriverOperation(kind: .chat, stream: true), cut: cut
      ) { _, _ in Reply(200, text) }
      #expect(transcript.verdict == .relay, "\(cut)")
    }
  }

  /// What a model says about errors is no error.
  @Test func wordsInText() throws {
    let text =
      #"{"choices":[{"delta":{"content":"{\"error\":{\"usage\":1},\"finish_reason\":\"abort\"}"}}]}"#
    let token = #"{"choices":[{"delta":{"content":"error"},"finish_reason":null}]}"#
    let call =
      #"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{\"error\":1}"}}]}}]}"#
    #expect(try stream([text, token, call, last, "[DONE]"]).verdict == .relay)
    #expect(try stream([token, last]).verdict == .relay)
  }

  @Test(arguments: ["\r\n", "\r", "\n"]) func lineEnds(_ end: String) throws {
    let text = [": ping", "", "data: \(chunk)", "", "data:\(last)", "", "data: \(usage)", ""]
      .joined(separator: end)
    for cut in [Cut.whole, .every(1), .every(3)] {
      let transcript = Replay.run(
        try ReplayDrivers.driver("exo"), DriverOperation(kind: .chat, stream: true), cut: cut
      ) { _, _ in Reply(200, text, headers: []) }
      #expect(transcript.verdict == .relay)
      #expect(transcript.reports.usage?.input == 11)
    }
  }

  /// A stream is passed on with its first event, also if that is only a comment to keep it alive.
  @Test func earlyRelay() throws {
    let exchange = Exchange()
    let driver = try ReplayDrivers.driver("exo")
    _ = exchange.begin(
      driver, DriverOperation(kind: .chat, stream: true), body: [UInt8]().span.bytes)
    #expect(exchange.head(200, [("content-type", "text/event-stream")]) == .more)
    #expect(exchange.body("\n") == .more)
    #expect(exchange.body(": keep-alive\n") == .relay)
    #expect(exchange.body("\ndata: \(chunk)\n\n") == .more)
    #expect(exchange.body("data: {\"error\":{\"message\":\"m\"}}\n\n") == .failed)
    exchange.close()
  }

  /// An unfinished first event is not held back for ever.
  @Test func endlessFirstEvent() throws {
    let exchange = Exchange()
    let driver = try ReplayDrivers.driver("openai")
    _ = exchange.begin(
      driver, DriverOperation(kind: .chat, stream: true), body: [UInt8]().span.bytes)
    _ = exchange.head(200)
    #expect(exchange.body("data: " + String(repeating: "x", count: 16_000)) == .more)
    #expect(exchange.body(String(repeating: "x", count: 1_000)) == .relay)
    exchange.close()
  }

  @Test func documentInsteadOfStream() throws {
    let driver = try ReplayDrivers.driver("openai")
    for (body, outcome) in [
      (#"{"error":{"message":"m","code":429}}"#, "rate_limited"),
      (#"{"choices":[]}"#, "upstream_broken"), ("<html>no</html>", "upstream_broken"),
      ("", "upstream_broken"), (" \n ", "upstream_broken"),
    ] {
      let transcript = Replay.run(driver, DriverOperation(kind: .chat, stream: true)) { _, _ in
        Reply(200, body)
      }
      #expect(transcript.outcome == outcome, "\(body)")
    }
  }

  // MARK: Large answers

  @Test func largeAnswer() throws {
    let vector = (0..<120_000).map { "\($0)" }.joined(separator: ",")
    let body =
      #"{"object":"list","data":[{"embedding":[\#(vector)]}],"usage":{"prompt_tokens":5,"total_tokens":5}}"#
    let driver = try ReplayDrivers.driver("openai")
    for cut in [Cut.whole, .every(65_536), .every(1000)] {
      let transcript = Replay.run(driver, DriverOperation(kind: .embeddings), cut: cut) { _, _ in
        Reply(200, body)
      }
      #expect(transcript.verdict == .relay)
      #expect(transcript.reports.usage?.input == 5)
    }
  }

  @Test func largeRefusal() throws {
    let driver = try ReplayDrivers.driver("openai")
    for status in [400, 500] {
      let transcript = Replay.run(driver, DriverOperation(kind: .chat), cut: .every(4096)) { _, _ in
        Reply(status, String(repeating: "x", count: 1 << 20))
      }
      #expect(transcript.outcome == (status == 400 ? "bad_request" : "upstream_broken"))
    }
  }
}
