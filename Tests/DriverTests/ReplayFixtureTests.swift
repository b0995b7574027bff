import Testing

@testable import Drivers

/// Recorded answers of a real llama.cpp server, relayed by its own driver and by the one for any
/// OpenAI-compatible server: the same outcome for every cut.
@Suite struct ReplayFixtureTests {
  /// Fixture and outcome: `relay`, and what it used, or how it failed.
  static let outcomes: [(String, String)] = [
    ("chat", "relay 26/16/0"),
    ("chat_n2", "relay 233/3/0"),
    ("chat_stream_usage", "relay 29/12/1"),
    ("chat_stream_nousage", "relay 29/6/24"),
    ("server_sigterm_midstream", "upstream_broken"),
    ("server_sigkill_midstream", "upstream_broken"),
    ("err_context", "context_overflow(2048)"),
    ("err_context_stream", "context_overflow(2048)"),
    ("err_bad_json", "relay"),
    ("err_no_messages", "relay"),
    ("err_wrong_type", "relay"),
    ("auth_wrong", "credential_dead"),
    ("router_chat_unknown_model", "model_absent"),
    ("router_chat_no_model", "relay"),
    ("embeddings_err", "relay"),
    ("embeddings_disabled", "unsupported"),
  ]

  /// Fixtures of which only is asked that they are relayed, whatever they used.
  static let good = [
    "chat_logprobs", "chat_json_object", "chat_json_schema", "chat_developer_role",
    "chat_no_content_type", "completions", "chat_stream_unicode", "chat_ctx_full_midstream",
    "chat_reasoning", "chat_reasoning_stream", "ping_during_prompt_stream", "chat_tools",
    "chat_tools_stream", "tool_choice_object", "err_unknown_model", "busy_first_stream",
    "busy_deferred_stream", "busy_deferred_nonstream", "busy_deferred_ping_stream",
    "router_chat_autoload_evicts", "sleeping_wakes_chat", "embeddings_single", "embeddings_batch",
    "embeddings_base64", "embeddings_chat_refused",
  ]

  @Test(arguments: outcomes) func outcome(_ name: String, _ expected: String) throws {
    for driver in ["llamacpp", "openai"] {
      #expect(try summary(play(name, driver)) == expected, "\(driver)")
    }
  }

  @Test(arguments: good) func relayed(_ name: String) throws {
    for driver in ["llamacpp", "openai"] {
      let transcript = try play(name, driver)
      #expect(transcript.verdict == .relay, "\(driver): \(String(describing: transcript.failure))")
      #expect(transcript.reports.usage?.input ?? 0 > 0, "\(driver) found no usage")
    }
  }

  @Test(arguments: outcomes.map(\.0) + good) func sameForEveryCut(_ name: String) throws {
    let fixture = try ReplayFixture(name)
    for driver in ["llamacpp", "openai"] {
      let whole = try play(name, driver)
      for cut in Replay.cuts(fixture.reply.body) {
        let other = try play(fixture, driver, cut)
        #expect(other == whole, "\(driver), \(cut)")
        if other != whole { return }
      }
    }
  }

  /// An image for a model without eyes: the server says 500, and only its own driver knows better.
  @Test func clientFaultWithStatus500() throws {
    #expect(try play("err_image_unsupported", "llamacpp").outcome == "bad_request")
    #expect(try play("err_image_unsupported", "openai").outcome == "upstream_broken")
  }

  private func play(_ name: String, _ driver: String) throws -> Transcript {
    try play(ReplayFixture(name), driver, .whole)
  }

  private func play(_ fixture: ReplayFixture, _ driver: String, _ cut: Cut) throws -> Transcript {
    let kind: OperationKind =
      fixture.requestPath.hasSuffix("/embeddings")
      ? .embeddings : fixture.requestPath == "/v1/completions" ? .completions : .chat
    let stream = fixture.requestBody.replacing(" ", with: "").contains("\"stream\":true")
    return Replay.run(
      try ReplayDrivers.driver(driver), DriverOperation(kind: kind, stream: stream),
      body: Array(fixture.requestBody.utf8), cut: cut
    ) { _, _ in fixture.reply }
  }

  private func summary(_ transcript: Transcript) -> String {
    guard let usage = transcript.reports.usage, transcript.failure == nil else {
      return transcript.outcome
    }
    let counts = [usage.input, usage.output, usage.cached].map { "\($0 ?? 0)" }
    return "\(transcript.outcome) \(counts.joined(separator: "/"))"
  }
}
