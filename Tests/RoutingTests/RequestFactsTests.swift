import Foundation
import Testing
import Text

@testable import Drivers
@testable import Fleet
@testable import Gateway
@testable import Routing

/// What the gateway takes from a client's request.
@Suite struct RequestFactsTests {
  private func read(
    _ body: String, _ kind: OperationKind = .chat
  ) throws -> (request: ModelRequest, outline: RequestOutline) {
    var outline = RequestOutline()
    let bytes = Array(body.utf8)
    let request = try ModelRequest.read(kind, bytes.span, scratch: &outline)
    return (request, outline)
  }

  private func chat(_ members: String, content: String = #""hi""#) throws -> RequestFacts {
    let body = #"{"model":"m","messages":[{"role":"user","content":\#(content)}]\#(members)}"#
    return try read(body).request.facts(.standard)
  }

  /// The bodies of the recorded clients, by the path that they ask for.
  private static let recorded: [(name: String, path: String, body: [UInt8])] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/clients")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (files?.compactMap { $0 as? URL } ?? []).compactMap { file in
      guard file.path.hasSuffix(".request.http"), let data = try? Data(contentsOf: file),
        let end = data.range(of: Data("\r\n\r\n".utf8))
      else { return nil }
      let path = String(decoding: data, as: UTF8.self).split(separator: " ")[1]
      return (file.lastPathComponent, String(path), Array(data[end.upperBound...]))
    }
  }()

  @Test func everyRecordedClientIsUnderstood() throws {
    let kinds: [String: OperationKind] = [
      "/v1/chat/completions": .chat, "/v1/messages": .messages, "/v1/responses": .responses,
      "/v1/embeddings": .embeddings,
    ]
    var seen = 0
    for (name, path, body) in Self.recorded {
      guard let kind = kinds[path], !name.contains("bad"), !name.contains("400") else { continue }
      var outline = RequestOutline()
      let request = try ModelRequest.read(kind, body.span, scratch: &outline)
      #expect(String(decoding: request.model, as: UTF8.self) == "gemma-3-270m", "\(name)")
      #expect(request.stream == name.contains("stream"), "\(name)")
      #expect(request.needs == [], "\(name)")
      if kind == .embeddings {
        #expect(request.prompt.bytes > 0 && request.answerLimit == 0, "\(name)")
      } else {
        // All of them say "hi" and allow three or four tokens.
        #expect(request.prompt.bytes == 2, "\(name)")
        #expect(request.prompt.messages == (kind == .responses ? 0 : 1), "\(name)")
        #expect((3...4).contains(request.answerLimit), "\(name)")
      }
      seen += 1
    }
    #expect(seen >= 15)
  }

  @Test(
    arguments: [
      ("", []), (#","tools":[]"#, []), (#","tools":null"#, []), (#","tools":[{}]"#, .tools),
      (#","functions":[{"name":"f"}]"#, .tools), (#","tool_choice":"auto""#, []),
      (#","response_format":{"type":"json_object"}"#, .json),
      (#","response_format":{"type":"json_schema","json_schema":{}}"#, .json),
      (#","response_format":{"type":"text"}"#, []), (#","response_format":null"#, []),
      (#","text":{"format":{"type":"json_schema"}}"#, .json),
      (#","reasoning_effort":"low""#, .reasoning), (#","reasoning_effort":"none""#, []),
      (#","reasoning_effort":null"#, []), (#","reasoning":{"effort":"none"}"#, []),
      (#","reasoning":{"summary":"auto"}"#, .reasoning),
      (#","thinking":{"type":"enabled","budget_tokens":9}"#, .reasoning),
      (#","thinking":{"type":"disabled"}"#, []),
      (
        #","tools":[1],"reasoning_effort":"high","response_format":{"type":"json_object"}"#,
        [.tools, .reasoning, .json]
      ),
    ] as [(String, Abilities)])
  func whatAModelShouldBeAbleTo(_ members: String, _ needs: Abilities) throws {
    #expect(try chat(members).needs == needs)
  }

  @Test(
    arguments: [
      (#"[{"type":"image_url","image_url":{"url":"data:x"}}]"#, .vision),
      (#"[{"type":"input_image","image_url":"data:x"}]"#, .vision),
      (#"[{"type":"image","source":{"type":"base64","data":"x"}}]"#, .vision),
      (#"[{"type":"input_audio","input_audio":{"data":"x"}}]"#, .audio),
      (#"[{"type":"file","file":{"file_id":"x"}}]"#, []),
      (#"[{"type":"text","text":"image"}]"#, []),
      (#"[{"type":"tool_result","content":[{"type":"image","source":{}}]}]"#, .vision),
      (#""image_url""#, []),
    ] as [(String, Abilities)])
  func whatItsPartsNeed(_ content: String, _ needs: Abilities) throws {
    #expect(try chat("", content: content).needs == needs)
  }

  /// A megabyte of image is an image, and no megabyte of prompt.
  @Test func imagesAreNoText() throws {
    let data = String(repeating: "A", count: 1 << 20)
    let facts = try chat(
      "",
      content:
        #"[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"\#(data)"}}]"#)
    #expect(facts.prompt == PromptSize(bytes: 5, messages: 1, images: 1))
    #expect(facts.prompt.tokens() < 1_000)
  }

  @Test func theLargestInputIsWhatAWindowHasToHold() throws {
    let text = String(repeating: "x", count: 400)
    let texts = try read(#"{"model":"e","input":["\#(text)","\#(text)","y"]}"#, .embeddings).request
    #expect(texts.prompt.tokens() == 201)
    #expect(texts.prompt.windowTokens() == 100)
    #expect(texts.spending.promptTokens >= 201)
    let numbers = try read(#"{"model":"e","input":[[1,2,3],[4]]}"#, .embeddings).request
    #expect(numbers.prompt.tokens() == 4)
    #expect(numbers.prompt.windowTokens() == 3)
    let one = try read(#"{"model":"e","input":[1,2,3]}"#, .embeddings).request
    #expect(one.prompt.windowTokens() == 3)
    // A list of numbers is one input, however long.
    let long = Array(repeating: "7", count: 3_000).joined(separator: ",")
    #expect(
      try read(#"{"model":"e","input":[\#(long)]}"#, .embeddings).request.prompt.tokens() == 3_000)
  }

  @Test(
    arguments: [
      (#""user":"u""#, "u", .user), (#""user":"""#, nil, .none), (#""user":null"#, nil, .none),
      (#""prompt_cache_key":"k","user":"u""#, "k", .promptCacheKey),
      (#""metadata":{"user_id":"u","session_id":"s"}"#, "s", .sessionID),
      (#""metadata":{"conversation_id":"c","session_id":"s"},"user":"u""#, "c", .conversationID),
      (#""metadata":{"user_id":"u"}"#, "u", .userID), (#""metadata":{"other":"u"}"#, nil, .none),
    ] as [(String, String?, RequestOutline.IdentitySource)])
  func whoIsSpeaking(
    _ members: String, _ name: String?, _ source: RequestOutline.IdentitySource
  ) throws {
    let body = #"{"model":"m","messages":[],\#(members)}"#
    let outline = try read(body).outline
    let bytes = Array(body.utf8)
    #expect(
      outline.identity?.text(in: bytes.span).map { String(decoding: $0, as: UTF8.self) } == name)
    #expect(outline.identitySource == source)
  }

  /// Before anything is known of the tokenizer a token is reckoned for four bytes of the body.
  @Test func theWorstCaseIsNeverLessThanAQuarterOfTheBytes() throws {
    for content in [#""hi""#, #""天地玄黄宇宙洪荒""#, #"[{"type":"image_url","image_url":{}}]"#] {
      let body = #"{"model":"m","messages":[{"role":"user","content":\#(content)}]}"#
      let request = try read(body).request
      #expect(request.spending.promptTokens >= UInt64(body.utf8.count / 4))
      #expect(request.spending.promptTokens >= request.prompt.tokens())
    }
  }
}
