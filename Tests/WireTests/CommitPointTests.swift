import Foundation
import Testing

/// When an answer may still be had from another backend, and when it may not.
@Suite(.serialized) struct CommitPointTests {
  private static let names = ["a", "bb", "ccc"]
  private static let seeds: Range<UInt64> = 0..<300

  /// Which backends were asked for a seed, in order.
  private final class Asked: @unchecked Sendable {  // `names` is guarded by `lock`.
    private let lock = NSLock()
    private var names: [UInt64: [String]] = [:]

    func add(_ name: String, _ seed: UInt64) {
      lock.withLock { names[seed, default: []] += [name] }
    }
    func of(_ seed: UInt64) -> [String] { lock.withLock { names[seed] ?? [] } }
  }

  /// Whatever three backends do, the client gets the answer of one of them and no byte of another, and
  /// nobody is asked any more once something of an answer has come.
  @Test func oneAnswerOfOneBackend() throws {
    let backends = try Self.names.map { try ScriptedBackend(WireCase.Backend(name: $0)) }
    defer { for backend in backends { backend.stop() } }
    let tables = zip(backends, 1...).map { backend, priority in
      """
      [[backends]]
      name = "\(backend.settings.name)"
      url = "http://\(backend.authority)"
      type = "generic"
      priority = \(priority)

      """
    }
    let gateway = try ConfiguredGateway(
      """
      [health_check]
      failure_threshold = 1000
      [routing]
      strategy = "priority_only"
      [quality]
      error_rate_threshold = 1.0

      """ + tables.joined())
    try gateway.gateway.waitForHealth("three healthy backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 3
    }
    let asked = Asked()
    let isOver = Counter()
    let servers = backends.map { backend in
      Worker {
        while isOver.value == 0 {
          guard let request = try? backend.next(until: Date() + 0.1) else { continue }
          Self.serve(request, backend, asked)
        }
      }
    }
    var answered = 0
    for seed in Self.seeds {
      let client = try LoadClient(port: gateway.gateway.port)
      defer { client.close() }
      let body = #"{"model":"m1","seed":\#(seed),"stream":true,"messages":[]}"#
      try client.send(LoadClient.post("/v1/chat/completions", body))
      let answer = try StreamedAnswer(from: client)
      if answer.head.status == 200 { answered += 1 }
      let fault = Self.fault(of: answer, seed, asked.of(seed))
      #expect(fault == nil, "seed \(seed), asked \(asked.of(seed))")
    }
    isOver.add(1)
    for server in servers { server.join() }
    #expect(answered > Self.seeds.count / 3)
    try gateway.finish()
  }

  private static func serve(
    _ request: ScriptedBackend.Request, _ backend: ScriptedBackend, _ asked: Asked
  ) {
    let channel = Channel(request.peer)
    guard (try? channel.begin(request.head)) != nil,
      let body = try? channel.receiveBody(until: Date() + 10),
      let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
      let seed = object["seed"] as? Int
    else { return }
    asked.add(backend.settings.name, UInt64(seed))
    let script = CommitScript(seed: UInt64(seed), name: backend.settings.name)
    for packet in script.packets { request.peer.send(packet) }
    switch script.ending {
    case .good: backend.release(request.peer)
    case .reset: request.peer.close(reset: true)
    default:
      request.peer.halfClose()
      request.peer.close()
    }
  }

  /// What is wrong with an answer, or nil.
  private static func fault(
    of answer: StreamedAnswer, _ seed: UInt64, _ asked: [String]
  ) -> String? {
    let scripts = asked.map { CommitScript(seed: seed, name: $0) }
    guard let last = scripts.last else { return "nobody was asked: \(answer.text)" }
    // What closed in good order had sent all it had to: its first output was no reason to go on.
    for script in scripts.dropLast() {
      if script.ending == .good { return "another was asked although one answered well" }
      if script.ending == .closed, script.firstOutput != nil { return "asked on after output" }
    }
    guard answer.head.status == 200 else {
      return last.ending == .good || (last.ending == .closed && last.firstOutput != nil)
        ? "\(answer.head.startLine) instead of an answer" : nil
    }
    guard answer.head.values("x-nexus-backend") == [asked.last] else { return "not of the last" }
    guard answer.isComplete else { return "cut off" }
    if last.ending == .good {
      return answer.payload == last.payload ? nil : "not its payload: \(readable(answer.payload))"
    }
    var answer = answer
    guard answer.dropErrorEnd() else { return "no error at the end" }
    // An error that the driver has passed over is one more event of the stream.
    let count = min(answer.payload.count, last.payload.count)
    guard let output = last.firstOutput, count >= output else { return "sent before any output" }
    guard answer.payload.prefix(count).elementsEqual(last.payload.prefix(count)) else {
      return "not its payload: \(readable(answer.payload))"
    }
    return last.ends.contains(count) ? nil : "not at the end of an event"
  }

  /// Clients wait for the head of their answer: preamble is held for five seconds, and no longer.
  @Test func afterFiveSecondsThePreambleGoesOut() throws {
    let backends = try Self.names.prefix(2).map {
      try ScriptedBackend(WireCase.Backend(name: $0))
    }
    defer { for backend in backends { backend.stop() } }
    let gateway = try GatewayProcess(
      arguments: backends.flatMap {
        ["--backend", "http://\($0.authority),type=generic,name=\($0.settings.name)"]
      })
    defer { gateway.kill() }
    try gateway.waitForHealth("two healthy backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    try client.send(
      LoadClient.post("/v1/chat/completions", #"{"model":"m1","stream":true,"messages":[]}"#))
    var served: ScriptedBackend.Request?
    for backend in backends where served == nil { served = try? backend.next(until: Date() + 1) }
    let peer = try #require(served).peer
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    let began = Date()
    peer.send(Array("\(head): ping\n\n".utf8))
    var text = String(decoding: client.readPiece(65_536), as: UTF8.self)
    let held = Date().timeIntervalSince(began)
    #expect(text.hasPrefix("HTTP/1.1 200 "))
    #expect(held >= 4.9 && held < 9)
    // From here on no other backend is asked: the client hears of the failure.
    peer.halfClose()
    peer.close()
    while !text.hasSuffix("0\r\n\r\n") {
      let more = client.readPiece(65_536)
      guard !more.isEmpty else { break }
      text += String(decoding: more, as: UTF8.self)
    }
    #expect(text.contains(": ping\n\n"))
    #expect(text.contains("\"error\""))
    #expect(backends.allSatisfy { $0.unclaimed.isEmpty })
    gateway.terminate()
    try gateway.expectExit()
  }
}
