import Foundation
import Testing

/// Requests as real client libraries sent them, with the answers of a real server behind.
@Suite struct RecordedClientTests {
  /// A recorded request and the answer that it got.
  struct Exchange: Sendable, CustomTestStringConvertible {
    var name: String
    var request: [UInt8]
    var answer: [UInt8]
    var testDescription: String { name }
  }

  /// Every recorded exchange on a path that the gateway relays.
  static let relayed: [Exchange] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/clients")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let requests = (files?.compactMap { $0 as? URL } ?? []).filter {
      $0.lastPathComponent.hasSuffix(".request.http")
    }
    return requests.sorted { $0.path < $1.path }.compactMap { file in
      let other = file.path.replacingOccurrences(of: ".request.http", with: ".http")
      guard let request = FileManager.default.contents(atPath: file.path),
        let answer = FileManager.default.contents(atPath: other)
      else { return nil }
      let text = String(decoding: request, as: UTF8.self)
      guard text.hasPrefix("POST /v1/chat/completions ") || text.hasPrefix("POST /v1/embeddings ")
      else { return nil }
      let name = file.path.dropFirst(folder.path.count + 1)
      return Exchange(name: String(name), request: Array(request), answer: Array(answer))
    }
  }()

  @Test func recordingsAreThere() {
    #expect(Self.relayed.count >= 10)
  }

  @Test(arguments: relayed)
  func relay(_ recorded: Exchange) throws {
    let settings = WireCase.Backend(name: "one", models: ["gemma-3-270m"])
    let backend = try ScriptedBackend(settings)
    defer { backend.stop() }
    let gateway = try GatewayProcess(
      arguments: ["--backend", "http://\(backend.authority),type=llamacpp,name=one"])
    defer { gateway.kill() }
    let deadline = Date() + CaseRunner.patience
    try gateway.waitForHealth("a healthy backend", until: deadline) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    let (wanted, wantedBody) = try split(recorded.answer)
    let client = Channel(try Peer.connect(name: "client", port: gateway.port))
    defer { client.peer.close() }
    client.peer.send(recorded.request)
    // What is wrong with the request itself the gateway may say without asking anybody.
    if wanted.status != 400 {
      let request = try backend.next(until: deadline)
      #expect(request.head.values("authorization").isEmpty)
      let seen = Channel(request.peer)
      try seen.begin(request.head)
      #expect(try seen.receiveBody(until: deadline) == split(recorded.request).body)
      request.peer.send(recorded.answer)
    }
    let head = try client.receiveHead(until: deadline)
    #expect(head.status == wanted.status)
    let body = try client.receiveBody(until: deadline)
    if wanted.status == 200 {
      #expect(body == wantedBody)
      #expect(head.values("content-type") == wanted.values("content-type"))
    } else {
      try JSONCheck.checkEnvelope(body)
      #expect(head.values("x-should-retry") == ["false"])
    }
    #expect(head.values("server").isEmpty)
    #expect(head.fields.allSatisfy { !$0.name.lowercased().hasPrefix("access-control-") })
  }

  /// Head and payload of a recorded message.
  private func split(_ bytes: [UInt8]) throws -> (head: Head, body: [UInt8]) {
    let (head, length) = try #require(try Head.parse(bytes))
    var rest = Array(bytes.dropFirst(length))
    var body: [UInt8] = []
    var reader = BodyReader(try head.framing())
    try reader.read(from: &rest, ended: true, into: &body)
    return (head, body)
  }
}
