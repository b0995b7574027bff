import Testing

@testable import Drivers

/// Answers that begin well and turn out otherwise, and words that are written with escapes: judged
/// alike however the bytes come.
@Suite struct ReplayOddAnswerTests {
  private static let answer =
    #"{"choices":[{"message":{"content":"hi }"},"finish_reason":"stop"}],"#
    + #""usage":{"prompt_tokens":11,"completion_tokens":7}}"#
  private static let vector = #"{"object":"list","data":[{"embedding":[1,2]}]}"#

  private func run(
    _ body: String, _ kind: OperationKind = .chat, cut: Cut, stream: Bool = false,
    driver: String = "openai"
  ) throws -> Transcript {
    let operation = DriverOperation(kind: kind, stream: stream)
    return Replay.run(try ReplayDrivers.driver(driver), operation, cut: cut) { _, _ in
      Reply(200, body)
    }
  }

  private func everyCut(_ body: String, _ check: (Cut) throws -> Void) rethrows {
    for offset in 1..<body.utf8.count { try check(.at(offset)) }
    for cut in [Cut.whole, .every(1), .every(2), .every(7)] { try check(cut) }
  }

  // MARK: Bytes after the end

  /// The first piece may be a whole answer; what follows spoils it all the same.
  @Test(arguments: ["x", "{}", "}", "\u{0}", "null", " ,", "\n\n{\"choices\":[]}", "\u{FEFF}"])
  func bytesAfterAnAnswer(_ rest: String) throws {
    for (answer, kind) in [(Self.answer, OperationKind.chat), (Self.vector, .embeddings)] {
      let body = answer + rest
      try everyCut(body) { cut in
        let transcript = try run(body, kind, cut: cut)
        #expect(transcript.outcome == "upstream_broken", "\(cut)")
        #expect(transcript.reports.usage == nil, "\(cut)")
      }
    }
  }

  @Test(arguments: ["", " ", "\n", "\r\n\t \n"]) func blanksAfterAnAnswer(_ rest: String) throws {
    let body = "\n " + Self.answer + rest
    try everyCut(body) { cut in
      let transcript = try run(body, cut: cut)
      #expect(transcript.verdict == .relay, "\(cut)")
      #expect(transcript.reports.usage == TokenUsage(input: 11, output: 7), "\(cut)")
    }
  }

  /// An answer that stops anywhere is none, also between two pieces.
  @Test func answerCutShort() throws {
    let whole = Array(Self.answer.utf8)
    for end in 1..<whole.count {
      let body = String(decoding: whole[..<end], as: UTF8.self)
      for cut in [Cut.whole, .at(end / 2), .every(1)] {
        #expect(try run(body, cut: cut).outcome == "upstream_broken", "\(end) bytes, \(cut)")
      }
    }
  }

  // MARK: Escapes

  /// A key or a word means the same when it is written with escapes.
  @Test(arguments: [
    (#"{"\u0065rror":{"message":"x","code":429}}"#, "rate_limited"),
    (#"{"choices":[],"\u0065rror":{"message":"x","code":429}}"#, "rate_limited"),
    (#"{"\u0065\u0072ror":"text","choices":[]}"#, "upstream_broken"),
    (#"{"choices":[],"\u0065rror":null}"#, "relay"),
    (#"{"object":"\u0065rror","message":"m","code":400}"#, "bad_request"),
    (#"{"obj\u0065ct":"error","message":"m","code":400}"#, "bad_request"),
    (#"{"choices":[{"finish_reason":"\u0061bort"}]}"#, "upstream_broken"),
    (#"{"choices":[{"finish_reason":"abor\u0074"}]}"#, "upstream_broken"),
    (#"{"choices":[{"finish\u005freason":"abort"}]}"#, "upstream_broken"),
    (#"{"choices":[{"finish_reason":"\u0065rror"}]}"#, "upstream_broken"),
    (#"{"choices":[{"finish_reason":"\u0073top"}]}"#, "relay"),
    (#"{"ch\u006fices":[]}"#, "relay"),
    (#"{"choices":[{"message":{"\u0065rror":"of the model's tool"}}]}"#, "relay"),
  ]) func escaped(_ body: String, _ outcome: String) throws {
    for name in ReplayDrivers.names {
      for cut in [Cut.whole, .every(1), .at(body.utf8.count / 2)] {
        let transcript = try run(body, cut: cut, driver: name)
        #expect(transcript.outcome == outcome, "\(name), \(cut)")
      }
    }
  }

  @Test func escapedUsage() throws {
    let body =
      #"{"choices":[],"us\u0061ge":{"prompt\u005ftokens":3,"completion_tokens":4}}"#
    try everyCut(body) { cut in
      let transcript = try run(body, cut: cut)
      #expect(transcript.verdict == .relay)
      #expect(transcript.reports.usage == TokenUsage(input: 3, output: 4), "\(cut)")
    }
  }

  // MARK: Streams that give up

  private static let delta = #"{"choices":[{"delta":{"content":"hi"},"finish_reason":null}]}"#
  private static let stop = #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#

  /// A server that gives up says so in one of several events that come at once: those before it do
  /// not hide it, and those behind it do not heal it.
  @Test(arguments: [
    #"{"choices":[{"delta":{},"finish_reason":"abort"}]}"#,
    #"{"choices":[{"delta":{"content":"x"},"finish_reason" : "error"}]}"#,
    #"{"choices":[{"finish_reason":null},{"finish_reason":"abort"}]}"#,
    #"{"error":{"message":"boom"}}"#,
  ]) func givesUpAmongOtherEvents(_ event: String) throws {
    func expectBroken(_ end: String, _ cut: Cut) throws {
      let events = [Self.delta, event, Self.delta, Self.stop, "[DONE]"]
      let body = events.map { "data: \($0)\(end)" }.joined()
      let transcript = try run(body, cut: cut, stream: true)
      #expect(transcript.outcome == "upstream_broken", "\(cut)")
    }
    // The cuts around the event and inside of it; the others leave it whole.
    for offset in 75..<170 { try expectBroken("\n\n", .at(offset)) }
    for end in ["\n\n", "\r\n\r\n", "\r\r"] {
      for cut in [Cut.whole, .every(1), .every(7), .at(100)] { try expectBroken(end, cut) }
    }
  }

  /// The same words inside of what the model says change nothing.
  @Test func saysThatItGivesUp() throws {
    let text = #"{"choices":[{"delta":{"content":"\"finish_reason\":\"abort\""}}]}"#
    let body = [Self.delta, text, Self.stop, "[DONE]"].map { "data: \($0)\n\n" }.joined()
    try everyCut(body) { cut in
      let transcript = try run(body, cut: cut, stream: true)
      #expect(transcript.verdict == .relay, "\(cut)")
    }
  }
}
