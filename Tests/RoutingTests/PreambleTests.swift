import Foundation

import Seeded
import Testing

@testable import Gateway

/// What of a stream's beginning is known to be no answer yet.
@Suite struct PreambleTests {
  private static func chunk(_ choice: String, _ more: String = "") -> String {
    #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":["#
      + choice + "]" + more + "}"
  }

  private static func delta(_ members: String) -> String {
    chunk(#"{"index":0,"delta":{"# + members + #"},"logprobs":null,"finish_reason":null}"#)
  }

  private static let preambles: [String] = [
    "", " ", "{}",
    // OpenAI, vLLM, llama.cpp, LM Studio.
    delta(#""role":"assistant""#), delta(#""role":"assistant","content":"""#),
    delta(#""role":"assistant","content":null,"refusal":null"#), delta(""),
    delta(#""content":"","tool_calls":[],"reasoning_content":"","function_call":null"#),
    chunk(#"{"index":0,"delta":{"content":""},"stop_reason":null,"token_ids":null}"#),
    chunk(#"{"index":0,"delta":{},"logprobs":{"content":[]},"finish_reason":null}"#),
    chunk(#"{"index":0,"delta":{"role":"assistant"}},{"index":1,"delta":{"role":"assistant"}}"#),
    chunk("", #","usage":null,"prompt_token_ids":null,"obfuscation":"xyz""#),
    chunk("", #","usage":{"prompt_tokens":5,"total_tokens":5,"completion_tokens":0}"#),
    chunk("", #","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"a":1}}]"#),
    chunk(#"{"index":0,"text":"","finish_reason":null}"#), #"{"choices":null,"error":null}"#,
    // Anthropic.
    #"""
    {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],
    "model":"m","stop_reason":null,"stop_sequence":null,"usage":{"output_tokens":1}}}
    """#,
    #"{"type":"ping"}"#,
    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
    #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}"#,
    // Responses.
    #"""
    {"type":"response.created","sequence_number":0,"response":{"id":"r","error":null,"output":[],
    "status":"in_progress","instructions":"be kind","tools":[{"name":"f"}]}}
    """#,
    #"{"type":"response.in_progress","response":{"id":"r","status":"in_progress"}}"#,
    #"""
    {"type":"response.output_item.added","output_index":0,"item":{"content":[],"id":"i",
    "role":"assistant","status":"in_progress","type":"message"}}
    """#,
    #"{"type":"response.content_part.added","part":{"type":"output_text","text":""}}"#,
  ]

  private static let outputs: [String] = [
    "[DONE]", "text", "[]", "7", #"{"choices":[7]}"#, #"{"choices":{}}"#, "{", #"{"unknown":1}"#,
    delta(#""content":" ""#), delta(#""role":"assistant","content":"x""#),
    delta(#""reasoning_content":"x""#), delta(#""reasoning":"x""#), delta(#""refusal":"no""#),
    delta(#""tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]"#),
    delta(#""audio":{"id":"a"}"#), delta(#""unknown":{"deep":[{"deeper":[[[["x"]]]]}]}"#),
    delta(#""c\u006fntent":"x""#), delta(#""content":"","content":"x""#),
    delta(#""content":[[[[[[]]]]]]"#),
    chunk(#"{"index":0,"delta":{},"finish_reason":"stop"}"#),
    chunk(#"{"index":0,"delta":{"role":"assistant"}},{"index":1,"delta":{"content":"x"}}"#),
    chunk(#"{"index":0,"text":"x","finish_reason":null}"#),
    chunk("", #","usage":{"prompt_tokens":5,"completion_tokens":1}"#),
    #"{"content":"x","stop":false}"#, #"{"message":{"content":"x"},"done":false}"#,
    #"{"type":"message_start","message":{"content":[{"type":"text","text":"x"}]}}"#,
    #"{"type":"content_block_start","content_block":{"type":"tool_use","id":"t","name":"f"}}"#,
    #"{"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}"#,
    #"{"type":"message_stop"}"#, #"{"type":"something.new"}"#,
    #"{"type":"response.output_text.delta","delta":"x"}"#,
    #"{"type":"response.created","response":{"output":[{"type":"message"}]}}"#,
    #"{"type":"response.output_item.added","item":{"type":"function_call","name":"f"}}"#,
    #"{"type":"response.completed","response":{"output":[]}}"#,
  ]

  private static let failures: [String] = [
    #"{"error":{"message":"no"}}"#, #"{"error":"no"}"#, #"{"\u0065rror":{"message":"no"}}"#,
    #"{"err\u006fr":7}"#, #"{"object":"error","message":"no"}"#,
    chunk("", #","error":{"message":"no"}"#),
    #"{"choices":[{"delta":{"content":"x"}}],"error":{}}"#,
    #"{"type":"error","error":{"type":"overloaded_error"}}"#,
    #"{"type":"\u0065rror","message":"no"}"#, #"{"type":"anything","error":{"code":1}}"#,
    #"{"type":"response.failed","response":{"error":{"code":"x"}}}"#,
    #"{"type":"response.created","response":{"error":{"code":"x"}}}"#,
    #"{"type":"response.in_progress","response":{"status":"failed"}}"#,
  ]

  private func event(_ data: String) -> [UInt8] {
    Array(
      data.split(separator: "\n", omittingEmptySubsequences: false).map { "data: \($0)\n" }
        .joined().utf8) + [0x0A]
  }

  @Test func everyKindOfEvent() {
    for (kind, table) in [
      (EventKind.preamble, Self.preambles), (.output, Self.outputs), (.failure, Self.failures),
    ] {
      for text in table {
        let (name, data) = ([UInt8](), Array(text.utf8))
        #expect(EventJudge.kind(name.span, data.span) == kind, "\(text)")
        let (error, other) = (Array("error".utf8), Array("errors".utf8))
        #expect(EventJudge.kind(error.span, data.span) == .failure, "\(text)")
        #expect(EventJudge.kind(other.span, data.span) == kind, "\(text)")
      }
    }
  }

  /// The first event that is no preamble decides, whatever follows it.
  @Test func theFirstThatIsNoPreambleDecides() {
    let role = event(Self.preambles[3])
    let comment = Array(": ping\n\nevent: nothing\n\n".utf8)
    for (verdict, data) in [
      (Preamble.Verdict.output, Self.outputs[8]), (.failure, Self.failures[0]),
    ] {
      let stream = comment + role + comment + role + event(data)
      let longer = stream + event(Self.failures[0]) + event(Self.outputs[8])
      #expect(take([longer]) == verdict)
      for cut in 0...stream.count {
        #expect(take([Array(stream[..<cut]), Array(stream[cut...])]) == verdict, "cut at \(cut)")
        #expect(take([Array(stream[..<min(cut, stream.count - 1)])]) == .held, "ends at \(cut)")
      }
      #expect(take(stream.map { [$0] }) == verdict)
    }
  }

  @Test func onlySoManyEventsAreHeld() {
    let events = (0..<Preamble.mostEvents).flatMap { _ in event(Self.preambles[3]) }
    #expect(take([events]) == .held)
    #expect(take([events, Array(": a comment is no event\n\n".utf8)]) == .held)
    #expect(take([events, event(Self.preambles[3])]) == .output)
  }

  @Test func anEventThatIsTooLongIsOutput() {
    let blank = String(repeating: " ", count: Preamble.mostBytes)
    #expect(take([event(#"{"choices":[]"# + blank + "}")]) == .output)
  }

  private func take(_ pieces: [[UInt8]]) -> Preamble.Verdict {
    var preamble = Preamble()
    for piece in pieces { _ = preamble.take(piece.span) }
    return preamble.verdict
  }

  // MARK: Recorded streams

  private struct Recorded {
    let name: String
    let payload: [UInt8]
    /// Where the event ends that is the first output, as an eye sees it.
    let commit: Int
  }

  /// What says in a recorded stream that its answer begins: the first of these words.
  private static let signs = [
    #""content":""#, #""reasoning_content":""#, #""tool_calls":"#, #""delta":""#,
    #""type":"text_delta""#, #""type":"thinking_delta""#, #""type":"tool_use""#, #""name":""#,
    "[DONE]",
  ]

  private func recorded() throws -> [Recorded] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures")
    var all: [Recorded] = []
    for part in ["llamacpp", "clients/openai-python-3.54", "clients/litellm-1.106"] {
      let directory = folder.appendingPathComponent(part)
      for file in try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      where file.hasSuffix(".http") && !file.hasSuffix(".request.http") {
        let text = String(
          decoding: try Data(contentsOf: directory.appendingPathComponent(file)), as: UTF8.self)
        guard text.contains("text/event-stream"), !file.hasPrefix("router_models"),
          let payload = payload(of: text)
        else { continue }
        all.append(Recorded(name: file, payload: Array(payload.utf8), commit: commit(in: payload)))
      }
    }
    return all
  }

  /// The body without chunk framing, of which only whole lines matter here.
  private func payload(of text: String) -> String? {
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let body = text[end.upperBound...]
    return body.split(separator: "\r\n", omittingEmptySubsequences: false)
      .filter { Int($0, radix: 16) == nil }.joined()
  }

  private func commit(in payload: String) -> Int {
    var end = 0
    for event in payload.components(separatedBy: "\n\n") {
      end += event.utf8.count + 2
      if Self.signs.contains(where: { event.contains($0) }) { return end }
    }
    return Int.max
  }

  @Test func recordedStreamsCommitWithTheirFirstOutput() throws {
    let streams = try recorded()
    #expect(streams.count >= 20)
    for stream in streams {
      // Byte by byte, every cut is one, and every beginning is judged.
      var preamble = Preamble()
      for count in 1...min(stream.payload.count, 4_000) {
        let verdict = preamble.take(stream.payload[(count - 1)..<count].span)
        let expected: Preamble.Verdict = count >= stream.commit ? .output : .held
        try #require(
          verdict == expected, "\(stream.name) at \(count), output ends at \(stream.commit)")
      }
      let whole = take([stream.payload])
      #expect(whole == (stream.commit == Int.max ? .held : .output), "\(stream.name)")
    }
  }

  /// Whatever is damaged, cuts change nothing.
  @Test(arguments: 0..<8) func damageIsNoTrap(_ seed: UInt64) throws {
    var random = SeededRandom(state: seed)
    for stream in try recorded() {
      var bytes = Array(stream.payload.prefix(2_500))
      for _ in 0..<Int.random(in: 0..<6, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8(Int.random(in: 0..<256, using: &random))
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8(Int.random(in: 0..<256, using: &random)), at: place)
        }
      }
      let whole = take([bytes])
      var pieces: [[UInt8]] = []
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + 1 + Int.random(in: 0..<200, using: &random))
        pieces.append(Array(bytes[start..<end]))
        start = end
      }
      #expect(take(pieces) == whole, "\(stream.name), seed \(seed)")
    }
  }
}

/// How fast a stream gets on.
@Suite struct StreamPaceTests {
  private let event = Array("data: {\"choices\":[]}\n\n".utf8)

  private func isSlow(_ least: Double, _ pieces: [[UInt8]]) -> Bool {
    var pace = StreamPace(least: least)
    for piece in pieces { pace.note(piece.span) }
    return pace.endWindow()
  }

  @Test func countsEventsOfDataWhateverTheCuts() {
    let ten = (0..<10).flatMap { _ in event }
    #expect(!isSlow(1, [ten]))
    #expect(isSlow(1.1, [ten]))
    #expect(!isSlow(1, ten.map { [$0] }))
    #expect(isSlow(1.1, ten.map { [$0] }))
    let named = (0..<10).flatMap { _ in Array("event: x\r\n".utf8) + event + Array(": c\n\n".utf8) }
    #expect(!isSlow(1, [named]))
    #expect(isSlow(1.1, [named]))
  }

  @Test func commentsAreNoProgress() {
    #expect(isSlow(0.1, [(0..<100).flatMap { _ in Array(": data: x\n\n".utf8) }]))
  }

  @Test func aWindowInWhichTheClientWasWaitedForSaysNothing() {
    var pace = StreamPace(least: 1)
    pace.waitForClient()
    let (waited, next) = (pace.endWindow(), pace.endWindow())
    #expect(!waited)
    #expect(next)
  }
}
