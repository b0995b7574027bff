import Testing

@testable import Text

@Suite struct RequestScanTests {
  @Test func findsMembersOfTheRootOnly() throws {
    let text =
      #"{"messages":[{"model":"no","content":"\"model\":\"no\""}],"x":{"stream":1},"model":"m"}"#
    let outline = try scan(text)
    #expect(outline.model.map { slice(text, $0) } == #""m""#)
    #expect(outline.model?.kind == .string)
    #expect(outline.stream == nil)
    #expect(outline.messages?.kind == .array)
    #expect(outline.messages?.start == 12)
  }

  @Test func matchesKeysThatAreWrittenWithEscapes() throws {
    #expect(try scan(#"{"mod\u0065l":1}"#).model?.kind == .number)
    #expect(try scan(#"{"mess\u0061ges":null}"#).messages?.kind == .null)
    let part =
      #"{"messages":[{"c\u006fntent":[{"\u0074ype":"image\u005furl","te\u0078t":"abc"}]}]}"#
    #expect(try scan(part).images == 1)
    #expect(try scan(part).size.bytes == 3)
    for text in [#"{"mode\u006":1}"#, #"{"model\u006":1}"#] {
      #expect(throws: JSONError.self) { try scan(text) }
    }
    for text in [#"{"mode":1}"#, #"{"models":1}"#, #"{"Model":1}"#, #"{"mode\u006c\u006c":1}"#] {
      #expect(try scan(text).model == nil)
    }
  }

  @Test func refusesADecidingKeyThatOccursTwice() {
    #expect(error(#"{"model":1,"model":1}"#) == JSONError(.duplicateKey, at: 11))
    #expect(error(#"{"model":1, "mode\u006c":1}"#) == JSONError(.duplicateKey, at: 12))
    // What is wrong inside of it comes first, as in a text that is read from left to right.
    #expect(error(#"{"model":1,"model":x}"#) == JSONError(.expectedValue, at: 19))
    for key in ["other", "tools", "system", "user", "metadata", "prompt", "response_format"] {
      #expect(error(#"{"\#(key)":1,"\#(key)":[{}]}"#) == nil)
    }
    for key in [
      "stream", "messages", "input", "max_completion_tokens", "max_tokens", "max_output_tokens",
      "n",
    ] {
      #expect(error(#"{"\#(key)":1,"\#(key)":2}"#)?.reason == .duplicateKey)
    }
  }

  @Test func refusesWhatIsNotAnObject() {
    for text in ["[]", "1", "\"x\"", "null", " [{}]"] {
      #expect(error(text)?.reason == .notObject)
    }
    #expect(error("") == JSONError(.endOfInput, at: 0))
    #expect(error("{} {}") == JSONError(.trailingBytes, at: 3))
    #expect(error(#"{"a":1"#) == JSONError(.endOfInput, at: 6))
    #expect(error(#"{"a":1;}"#) == JSONError(.expectedCommaOrBrace, at: 6))
  }

  /// The same verdict, and the same byte, as of a whole document; also deep inside of places that are
  /// looked into.
  @Test(arguments: ["%", #"{"a":%}"#, #"{"tools":[%]}"#, #"{"messages":[{"content":%}]}"#])
  func judgesLikeTheDocument(_ frame: String) {
    let parts = frame.split(separator: "%", omittingEmptySubsequences: false)
    for text in JSONCorpus.good + JSONCorpus.bad.map(\.text) {
      let whole = parts.count == 2 ? parts[0] + text + parts[1] : text[...]
      let bytes = Array(whole.utf8)
      var documentError: JSONError?
      var root = JSONNode.Kind.object
      do throws(JSONError) { root = try JSONDocument.parse(bytes).root.kind } catch {
        documentError = error
      }
      let error = error(String(whole))
      if error?.reason != .notObject {
        #expect(error == documentError, "\(whole)")
      } else {
        #expect(documentError != nil || root != .object)
      }
    }
  }

  @Test func forgetsTheRequestBefore() throws {
    var outline = RequestOutline()
    for body in RequestCorpus.bodies {
      let bytes = Array(body.utf8)
      try RequestScan.read(bytes.span, into: &outline)
      #expect(RequestReading(outline) == RequestReading(try scan(body)), "\(body)")
    }
    let empty = Array("{}".utf8)
    try RequestScan.read(empty.span, into: &outline)
    #expect(RequestReading(outline) == RequestReading(RequestOutline()))
  }

  @Test func keepsSoManyParts() throws {
    let message = #"{"role":"user","content":"x"}"#
    let messages = Array(repeating: message, count: 5_000).joined(separator: ",")
    let outline = try scan(#"{"messages":[\#(messages)]}"#)
    #expect(outline.messageCount == 5_000)
    #expect(outline.parts.count == 4_096)
    #expect(outline.parts.first == 12..<13 + message.utf8.count)
  }

  @Test func partsStandInTheOrderOfTheBody() throws {
    let text =
      #"{"tools":[{"a":1}],"system":"be","messages":[{"content":"x"} , {"content":[]}],"user":"u"}"#
    let bytes = Array(text.utf8)
    let parts = try scan(text).parts.map { String(decoding: bytes[$0], as: UTF8.self) }
    #expect(
      parts == [
        #"[{"a":1}]"#, #""be""#, #"[{"content":"x"}"#, #" , {"content":[]}"#,
      ])
  }

  private func scan(_ text: String) throws(JSONError) -> RequestOutline {
    var outline = RequestOutline()
    let bytes = Array(text.utf8)
    try RequestScan.read(bytes.span, into: &outline)
    return outline
  }

  private func error(_ text: String) -> JSONError? {
    do throws(JSONError) {
      _ = try scan(text)
      return nil
    } catch { return error }
  }

  private func slice(_ text: String, _ node: JSONNode) -> String {
    String(decoding: Array(text.utf8)[node.range], as: UTF8.self)
  }
}
