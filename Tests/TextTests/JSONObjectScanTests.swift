import Testing

@testable import Text

@Suite struct JSONObjectScanTests {
  private let wanted: [StaticString] = ["model", "stream", "größe", "messages"]

  @Test func findsTopLevelMembersOnly() throws {
    let text =
      #"{"messages":[{"model":"no","content":"\"model\":\"no\""}],"x":{"stream":1},"model":"m"}"#
    let found = try scan(text)
    #expect(found[0].map { slice(text, $0) } == #""m""#)
    #expect(found[0]?.kind == .string)
    #expect(found[1] == nil)
    #expect(found[3]?.kind == .array)
    #expect(found[3]?.start == 12)
  }

  @Test func matchesKeysThatAreWrittenWithEscapes() throws {
    #expect(try scan(#"{"mod\u0065l":1}"#)[0]?.kind == .number)
    #expect(try scan(#"{"gr\u00f6\u00DFe":1}"#)[2]?.kind == .number)
    #expect(try scan(#"{"größe":null}"#)[2]?.kind == .null)
    for text in [#"{"mode\u006":1}"#, #"{"model\u006":1}"#] {
      #expect(throws: JSONError.self) { try scan(text) }
    }
    for text in [#"{"mode":1}"#, #"{"models":1}"#, #"{"Model":1}"#, #"{"mode\u006c\u006c":1}"#] {
      #expect(try scan(text)[0] == nil)
    }
  }

  @Test func refusesAWantedKeyThatOccursTwice() {
    #expect(scanError(#"{"model":1,"model":1}"#) == JSONError(.duplicateKey, at: 11))
    #expect(scanError(#"{"model":1, "mode\u006c":1}"#) == JSONError(.duplicateKey, at: 12))
    #expect(scanError(#"{"other":1,"other":1}"#) == nil)
  }

  @Test func refusesWhatIsNotAnObject() {
    for text in ["[]", "1", "\"x\"", "null", " [{}]"] {
      #expect(scanError(text)?.reason == .notObject)
    }
    #expect(scanError("") == JSONError(.endOfInput, at: 0))
    #expect(scanError("{} {}") == JSONError(.trailingBytes, at: 3))
    #expect(scanError(#"{"a":1"#) == JSONError(.endOfInput, at: 6))
    #expect(scanError(#"{"a":1;}"#) == JSONError(.expectedCommaOrBrace, at: 6))
  }

  @Test func judgesLikeTheDocument() {
    for text in JSONCorpus.good + JSONCorpus.bad.map(\.text) {
      let bytes = Array(text.utf8)
      var documentError: JSONError?
      var root = JSONNode.Kind.object
      do throws(JSONError) { root = try JSONDocument.parse(bytes).root.kind } catch {
        documentError = error
      }
      let error = scanError(text)
      if error?.reason != .notObject {
        #expect(error == documentError, "\(text)")
      } else {
        #expect(documentError != nil || root != .object)
      }
    }
  }

  @Test func reusesTheResultArray() throws {
    var found: [JSONNode?] = []
    let first = Array(#"{"model":1,"stream":2}"#.utf8)
    try JSONObjectScan.scan(first.span, wanted: wanted, found: &found)
    #expect(found.count == 4)
    #expect(found[1] != nil)
    let second = Array("{}".utf8)
    try JSONObjectScan.scan(second.span, wanted: wanted, found: &found)
    #expect(found == [nil, nil, nil, nil])
  }

  private func scan(_ text: String) throws(JSONError) -> [JSONNode?] {
    var found: [JSONNode?] = []
    let bytes = Array(text.utf8)
    try JSONObjectScan.scan(bytes.span, wanted: wanted, found: &found)
    return found
  }

  private func scanError(_ text: String) -> JSONError? {
    do throws(JSONError) {
      _ = try scan(text)
      return nil
    } catch { return error }
  }

  private func slice(_ text: String, _ node: JSONNode) -> String {
    String(decoding: Array(text.utf8)[node.range], as: UTF8.self)
  }
}
