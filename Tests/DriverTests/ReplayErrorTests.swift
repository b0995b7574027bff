import Testing

@testable import Drivers

/// What each driver makes of refusals: the code decides where the host sends the request next.
@Suite struct ReplayErrorTests {
  struct Case: CustomTestStringConvertible {
    let driver: String
    let reply: Reply
    let outcome: String

    init(
      _ driver: String, _ status: Int, _ body: String, _ outcome: String,
      headers: [(String, String)] = []
    ) {
      self.driver = driver
      reply = Reply(status, body, headers: headers)
      self.outcome = outcome
    }

    var testDescription: String {
      "\(driver) \(reply.status) \(String(decoding: reply.body.prefix(60), as: UTF8.self))"
    }
  }

  static let common = [
    Case(
      "openai", 401, #"{"error":{"message":"bad","code":"invalid_api_key"}}"#, "credential_dead"),
    Case("openai", 403, "", "credential_dead"),
    Case("openai", 402, #"{"error":{"message":"pay"}}"#, "credential_dead"),
    Case(
      "openai", 404, #"{"error":{"message":"no","type":"x","code":"model_not_found"}}"#,
      "model_absent"),
    Case("openai", 404, "nginx", "unsupported"),
    Case("openai", 405, #"{"detail":"Method Not Allowed"}"#, "unsupported"),
    Case(
      "openai", 429, #"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#,
      "rate_limited(7000)", headers: [("Retry-After", "7")]),
    Case(
      "openai", 429, #"{"error":{"message":"x"}}"#, "rate_limited(1500)",
      headers: [("retry-after-ms", "1500"), ("retry-after", "2")]),
    Case(
      "openai", 429, #"{"error":{"message":"x"}}"#, "rate_limited",
      headers: [("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]),
    Case(
      "openai", 429, #"{"error":{"message":"quota","type":"insufficient_quota"}}"#,
      "credential_dead"),
    Case(
      "openai", 400,
      #"""
      {"error":{"message":"This model's maximum context length is 8192 tokens. However, you asked",
      "type":"invalid_request_error","code":"context_length_exceeded"}}
      """#, "context_overflow(8192)"),
    Case("openai", 400, #"{"error":{"message":"bad field","param":"n"}}"#, "relay"),
    Case("openai", 422, #"{"error":{"message":"x"}}"#, "relay"),
    Case("openai", 413, #"{"error":{"message":"too large"}}"#, "relay"),
    Case("openai", 400, #"{"object":"error","message":"flat","code":400}"#, "bad_request"),
    Case("openai", 422, #"{"detail":[{"loc":["body"],"msg":"missing"}]}"#, "bad_request"),
    Case("openai", 400, "not JSON", "bad_request"),
    Case("openai", 500, #"{"error":{"message":"boom"}}"#, "upstream_broken"),
    Case("openai", 502, "<html>", "upstream_broken"),
    Case("openai", 503, "<html>Service Unavailable", "upstream_broken"),
    Case("openai", 503, "", "overloaded(3000)", headers: [("retry-after", "3")]),
    Case("openai", 529, "", "overloaded"),
    Case("openai", 302, "", "upstream_broken", headers: [("location", "/login")]),
  ]

  static let peculiar = [
    Case(
      "vllm", 404,
      #"{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","code":404}}"#,
      "model_absent"),
    Case("vllm", 404, #"{"detail":"Not Found"}"#, "unsupported"),
    Case("vllm", 401, #"{"error":"Unauthorized"}"#, "credential_dead"),
    Case(
      "vllm", 400,
      #"""
      {"error":{"message":"The prompt (total length 9) is longer than the maximum model length of 8.",
      "type":"BadRequestError","param":null,"code":400}}
      """#, "context_overflow(8)"),
    Case(
      "vllm", 400,
      #"""
      {"error":{"message":"\"auto\" tool choice requires --enable-auto-tool-choice and a parser",
      "type":"BadRequestError","code":400}}
      """#, "unsupported"),
    Case(
      "vllm", 400, #"{"error":{"message":"The model does not support Embeddings API","code":400}}"#,
      "unsupported"),
    Case(
      "vllm", 503, #"{"error":{"message":"Too many queued requests","code":503}}"#, "overloaded"),
    Case(
      "llamacpp", 503,
      #"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
      "model_loading"),
    Case(
      "llamacpp", 503, #"{"error":{"message":"no slot available","type":"unavailable_error"}}"#,
      "overloaded"),
    Case(
      "llamacpp", 403, #"{"error":{"message":"off","type":"feature_disabled","code":403}}"#,
      "unsupported"),
    Case(
      "ollama", 404,
      #"{"error":{"message":"model \"x\" not found, try pulling it first","type":"not_found_error"}}"#,
      "model_absent"),
    Case("ollama", 404, #"{"error":"no such thing"}"#, "model_absent"),
    Case("ollama", 404, "404 page not found", "unsupported"),
    Case("ollama", 403, "", "upstream_broken"),
    Case(
      "ollama", 503,
      #"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
      "overloaded"),
    Case(
      "ollama", 500, #"{"error":{"message":"model requires more system memory (9 GiB)"}}"#,
      "unsupported"),
    Case("ollama", 400, #"{"error":{"message":"x does not support tools"}}"#, "unsupported"),
    Case(
      "ollama", 400, #"{"error":{"message":"the input length exceeds the context length"}}"#,
      "context_overflow"),
    Case(
      "lmstudio", 200, #"{"error":"Unexpected endpoint or method. (POST /v1/embeddings)"}"#,
      "unsupported"),
    Case("lmstudio", 404, #"{"error":{"message":"Model not found"}}"#, "model_absent"),
    Case(
      "lmstudio", 400,
      #"""
      {"error":"Trying to keep the first 9000 tokens when context the overflows. However, the model
      is loaded with context length of only 4096 tokens"}
      """#.replacing("\n", with: " "), "context_overflow(4096)"),
    Case("lmstudio", 400, #"{"error":"bad parameter"}"#, "bad_request"),
    Case(
      "exo", 404,
      #"{"error":{"message":"No instance found for model m","type":"Not Found","code":404}}"#,
      "model_absent"),
    Case("exo", 200, "", "upstream_broken"),
    Case("exo", 200, #"{"choices":[{"fin"#, "upstream_broken"),
    Case(
      "openai", 503, #"{"error":{"type":"model_loading","message":"wait","code":503}}"#,
      "model_loading"),
    Case(
      "openai", 503, #"{"error":{"type":"admission_rejected","message":"limit"}}"#,
      "overloaded(4000)",
      headers: [("Retry-After", "4")]),
  ]

  @Test(arguments: common + peculiar) func refusal(_ test: Case) throws {
    let driver = try ReplayDrivers.driver(test.driver)
    for cut in [Cut.whole, .every(1), .at(3)] {
      let transcript = Replay.run(driver, DriverOperation(kind: .chat), cut: cut) { _, _ in
        test.reply
      }
      #expect(transcript.outcome == test.outcome, "\(cut)")
    }
  }

  /// Successes that are none.
  @Test(arguments: [
    (#"{"error":{"message":"x","code":429}}"#, "rate_limited"),
    (#"{"error":{"message":"x"}}"#, "upstream_broken"),
    (#"{"error":"text"}"#, "upstream_broken"),
    (#"{"object":"error","message":"m","code":400}"#, "bad_request"),
    (#"{"choices":null}"#, "upstream_broken"),
    (#"{}"#, "upstream_broken"),
    (#"[]"#, "upstream_broken"),
    ("<html>", "upstream_broken"),
    (#"{"choices":[{"finish_reason":"abort"}]}"#, "upstream_broken"),
    (#"{"choices":[{"finish_reason":"error"}]}"#, "upstream_broken"),
    (#"{"error":null,"choices":[]}"#, "relay"),
    (#"{"choices":[{"message":{"content":"error"},"finish_reason":"stop"}]}"#, "relay"),
  ]) func success(_ body: String, _ outcome: String) throws {
    for name in ReplayDrivers.names {
      let transcript = Replay.run(
        try ReplayDrivers.driver(name), DriverOperation(kind: .chat)
      ) { _, _ in Reply(200, body) }
      #expect(transcript.outcome == outcome, "\(name)")
    }
  }

  @Test(arguments: ReplayDrivers.names) func brokenConnections(_ name: String) throws {
    let driver = try ReplayDrivers.driver(name)
    for cause in [BreakCause.connect, .tls, .timeout, .closed, .protocol, .limit] {
      let transcript = Replay.run(driver, DriverOperation(kind: .chat)) { _, _ in .broken(cause) }
      #expect(transcript.outcome == "upstream_broken")
      #expect(transcript.failure?.message.contains("server") == true)
    }
    var half = Reply(200, #"{"choices":["#)
    half.ending = .broken(.closed)
    let transcript = Replay.run(driver, DriverOperation(kind: .chat)) { _, _ in half }
    #expect(transcript.failure?.message.contains("closed the connection") == true)
  }

  /// Messages are for people and logs: no part of a key, no control characters, no endless text.
  @Test func messages() throws {
    let driver = try ReplayDrivers.driver("openai")
    let secret = Replay.run(driver, DriverOperation(kind: .chat)) { _, _ in
      Reply(401, #"{"error":{"message":"Incorrect API key provided: sk-abc123"}}"#)
    }
    #expect(secret.failure?.message.contains("sk-abc") == false)
    let long = Replay.run(driver, DriverOperation(kind: .chat)) { _, _ in
      Reply(500, #"{"error":{"message":"\n\u0000é\#(String(repeating: "ü", count: 5000))"}}"#)
    }
    let message = try #require(long.failure?.message)
    #expect(message.utf8.count <= 480)
    #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    #expect(message.contains("é"))
  }
}
