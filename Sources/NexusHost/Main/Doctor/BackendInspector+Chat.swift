import Config
import Drivers
import Fleet
import HTTP
import Net
import Text

// Whether a chat of one token works from end to end.
extension BackendInspector {
  func chat(
    _ subject: Subject, _ kind: BackendKind, _ models: [ModelReport], _ index: Int
  ) async {
    guard kind.supports(.chat), let model = Self.choose(models, subject) else { return }
    guard chatsWithAll || !Self.mayCost(subject, kind) else {
      note(
        .ok, "backend_chat",
        "no chat was tried, since it may cost money; 'nexus doctor --chat' tries one", subject,
        index)
      return
    }
    let start = MonotonicClock.milliseconds()
    let way: String
    let result: Result<String, DriverFailure>
    if let gateway, subject.status == "healthy" {
      guard chatted.insert(model.id).inserted else { return }
      way = "through the gateway"
      result = await throughGateway(gateway, model.id)
    } else {
      way = "directly"
      result = await directly(subject, kind, model.id)
    }
    let time = MonotonicClock.milliseconds() - start
    switch result {
    case .success(let backend):
      let who = backend.isEmpty ? "" : " (answered by \(backend))"
      note(
        .ok, "backend_chat", "a chat with \(model.id) \(way) works, \(time) ms\(who)", subject,
        index)
    case .failure(let failure) where time >= remaining || failure.code == .modelLoading:
      note(
        .warn, "backend_chat", "a chat with \(model.id) \(way) has no answer yet",
        fix: "the model may still be loading; try again", subject, index)
    case .failure(let failure):
      note(
        .fail, "backend_chat", "a chat with \(model.id) \(way) fails: \(failure.message)",
        fix: "try the model with the server's own tools; its log tells more", subject, index)
    }
  }

  /// A model that chats: one that is loaded, so that none must go for it; else the smallest.
  private static func choose(_ models: [ModelReport], _ subject: Subject) -> ModelReport? {
    let wanted = subject.settings.models
    let fit = models.filter { model in
      let lacks = model.abilitiesKnown.subtracting(model.abilities)
      let isEmbedding = model.abilities.contains(.embeddings) && !model.abilities.contains(.chat)
      return !lacks.contains(.chat) && !isEmbedding && !model.isRemote
        && (wanted?.contains(model.id) ?? true)
    }
    if let loaded = fit.first(where: { $0.residency == .loaded }) { return loaded }
    let sized = fit.filter { $0.diskBytes > 0 }.min { $0.diskBytes < $1.diskBytes }
    return sized ?? fit.first
  }

  private static func mayCost(_ subject: Subject, _ kind: BackendKind) -> Bool {
    Backend.isCloud(kind) || !subject.settings.endpoint.isPrivate
  }

  private static func body(_ model: String) -> (bytes: [UInt8], modelRange: Range<Int>) {
    var name: [UInt8] = []
    JSONWriter.appendString(Array(model.utf8), to: &name)
    let head = Array("{\"model\":".utf8)
    let rest =
      ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":1,\"stream\":false}"
    return (head + name + Array(rest.utf8), head.count..<head.count + name.count)
  }

  private func directly(
    _ subject: Subject, _ kind: BackendKind, _ model: String
  ) async -> Result<String, DriverFailure> {
    guard let driver = kind.driver else {
      return .failure(DriverFailure(.unsupported, "it has no driver"))
    }
    let body = Self.body(model)
    let operation = DriverOperation(
      kind: .chat, backendType: kind.typeBytes, model: Array(model.utf8),
      modelRange: body.modelRange)
    let outcome = await runner.run(
      driver, operation, at: Backend(subject.settings, credential: subject.credential).target,
      body: body.bytes, deadline: max(1, remaining - min(remaining, 200)))
    return outcome.failure.map(Result.failure) ?? .success("")
  }

  private func throughGateway(
    _ gateway: Endpoint, _ model: String
  ) async -> Result<String, DriverFailure> {
    do throws(PlainCall.Failure) {
      var request = PlainCall.Request(.post, "/v1/chat/completions", agent: "nexus-doctor")
      request.body = Self.body(model).bytes
      let reply = try await PlainCall.fetch(request, at: gateway, over: pool)
      guard reply.status != 200 else { return .success(reply.fields["x-nexus-backend"] ?? "") }
      let document = JSONDocument(reply.body)
      let message = document.flatMap { $0.string($0.path("error", "message")) }
      return .failure(
        DriverFailure(
          .upstreamBroken,
          message.map { String(decoding: $0, as: UTF8.self) } ?? "status \(reply.status)"))
    } catch .broken(let error) {
      return .failure(DriverFailure(.upstreamBroken, "the gateway's address: \(error)"))
    } catch {
      return .failure(DriverFailure(.upstreamBroken, "what listens there is no gateway"))
    }
  }
}
