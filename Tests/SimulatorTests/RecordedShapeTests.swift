import Foundation
import Testing

/// llama.cpp's answers have the members of the recorded ones, in the same order, and its heads the
/// same fields.
@Suite struct RecordedShapeTests {
  private static func recorded(_ name: String) throws -> Reply {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Fixtures").path) {
      folder.deleteLastPathComponent()
    }
    let file = folder.appendingPathComponent("Fixtures/llamacpp/\(name).http")
    return Reply(raw: Array(try Data(contentsOf: file)), end: .closed)
  }

  private static let closing = ["Connection: close"]

  @Test(arguments: [
    ("v1_models", "/v1/models"), ("health_ok", "/health"), ("unknown_path", "/nothing"),
    ("v1_model_by_id", "/v1/models/gemma-3-270m"), ("slots", "/slots"),
  ])
  func pagesHaveTheRecordedMembers(_ name: String, _ path: String) throws {
    let recorded = try Self.recorded(name)
    let reply = try RunningSimulator("llamacpp:0,slots=2").get(
      "llamacpp", path, headers: Self.closing)
    #expect(Reply.keys(reply.body) == Reply.keys(recorded.body))
    #expect(reply.fields == recorded.fields)
    #expect(reply.status == recorded.status)
  }

  @Test(arguments: [
    ("chat", "chat.request"), ("err_bad_json", "err_bad_json.request"),
    ("err_no_messages", "err_no_messages.request"), ("err_context", "err_context.request"),
    ("err_image_unsupported", "err_image_unsupported.request"),
    ("embeddings_disabled", "embeddings_disabled.request"),
    ("completions", "completions.request"), ("chat_stream_usage", "chat_stream_usage.request"),
    ("chat_stream_nousage", "chat_stream_nousage.request"),
  ])
  func replayedRequestsGetTheRecordedMembers(_ name: String, _ request: String) throws {
    let recorded = try Self.recorded(name)
    let fleet = try RunningSimulator("llamacpp:0,ctx=2048")
    let client = try WireClient(fleet.port("llamacpp"))
    let text = String(decoding: try Self.recorded(request).raw, as: UTF8.self)
    let reply = client.exchange(text)
    #expect(reply.status == recorded.status)
    #expect(reply.fields == recorded.fields)
    if recorded.events.isEmpty {
      #expect(Reply.keys(reply.body) == Reply.keys(recorded.body))
    } else {
      // Streams differ in length: compare the first two events and the last three.
      for pick in [{ Array($0.prefix(2)) }, { Array($0.suffix(3)) }] as [([String]) -> [String]] {
        #expect(pick(reply.events).map(Reply.keys) == pick(recorded.events).map(Reply.keys))
      }
      #expect(reply.hasFinalChunk)
    }
  }

  @Test func routerPagesHaveTheRecordedMembers() throws {
    let fleet = try RunningSimulator("llamacpp-router:0")
    let name = "llamacpp-router"
    let recorded = try Self.recorded("router_v1_models_unloaded")
    let list = try fleet.get(name, "/v1/models", headers: Self.closing)
    #expect(Reply.keys(list.body) == Reply.keys(recorded.body))
    #expect(
      Reply.keys(try fleet.get(name, "/props").body)
        == Reply.keys(try Self.recorded("router_props").body))
    let unloaded = try fleet.get(name, "/props?model=tiny-a&autoload=false")
    #expect(unloaded.body == (try Self.recorded("router_props_model_unloaded")).body)
    let unknown = try fleet.chat(name, model: "nope")
    #expect(unknown.body == (try Self.recorded("router_chat_unknown_model")).body)
    // The model's own process speaks through the router: chunked, Connection twice.
    let slots = try fleet.get(name, "/slots?model=tiny-a", headers: Self.closing)
    #expect(slots.fields == (try Self.recorded("router_slots")).fields)
  }

  @Test func twoEventsShareTheFirstChunk() throws {
    let reply = try RunningSimulator("llamacpp:0").chat("llamacpp", stream: true)
    let size = Int(reply.rawBody.prefix { $0.isHexDigit }, radix: 16) ?? 0
    let chunk = String(decoding: Array(reply.rawBody.utf8).dropFirst(5).prefix(size), as: UTF8.self)
    #expect(chunk.components(separatedBy: "data: ").count == 3)
  }
}
