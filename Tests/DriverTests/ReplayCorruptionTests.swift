import Foundation

import Seeded
import Testing

@testable import Drivers

/// Damaged answers: whatever arrives, an exchange ends, breaks no rule of the ABI and takes no part
/// of the process with it. NEXUS_CORRUPTION_ROUNDS makes it longer.
@Suite struct ReplayCorruptionTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["NEXUS_CORRUPTION_ROUNDS"].flatMap { Int($0) } ?? 400

  private static let kinds: [OperationKind] = [
    .identify, .survey, .chat, .completions, .embeddings, .countTokens, .load, .unload,
  ]

  private static let recorded = [
    "chat", "chat_stream_usage", "chat_stream_nousage", "chat_tools_stream", "embeddings_single",
    "err_context", "props", "v1_models", "router_v1_models_loaded", "metrics_busy", "slots_busy",
    "router_models_sse", "input_tokens", "tokenize", "health_loading",
  ]

  @Test(arguments: ReplayDrivers.names) func damagedAnswers(_ name: String) throws {
    let driver = try ReplayDrivers.driver(name)
    let servers = try ReplayServers.all()
    let replies = try Self.recorded.map { try ReplayFixture($0).reply }
    for seed in 0..<UInt64(Self.rounds) {
      var random = SeededRandom(seed: seed)
      let kind = Self.kinds[random.below(Self.kinds.count)]
      guard driver.supports(kind) else { continue }
      let server = servers[random.below(servers.count)]
      let cut = [Cut.whole, .every(1), .every(1 + random.below(300))][random.below(3)]
      let operation = Replay.operation(kind, stream: random.below(2) == 0, model: "tiny-a")
      let transcript = Replay.run(driver, operation, body: Array(#"{"prompt":"x"}"#.utf8), cut: cut)
      {
        request, body in
        let answered = server(request, body)
        let reply = random.below(2) == 0 ? answered : replies[random.below(replies.count)]
        return reply.damaged(&random)
      }
      #expect(transcript.failure?.code != .driverBug, "seed \(seed): \(transcript)")
      #expect(transcript.requests.count <= 32, "seed \(seed): \(transcript.requests)")
      #expect([.done, .relay, .failed].contains(transcript.verdict), "seed \(seed)")
    }
  }

  /// Bytes of every kind where text is expected.
  @Test(arguments: ReplayDrivers.names) func noise(_ name: String) throws {
    let driver = try ReplayDrivers.driver(name)
    for seed in 0..<UInt64(Self.rounds) {
      var random = SeededRandom(seed: seed)
      let kind = Self.kinds[random.below(Self.kinds.count)]
      guard driver.supports(kind) else { continue }
      let operation = Replay.operation(kind, stream: random.below(2) == 0, model: "m")
      let alphabet = Array(#"{}[]":,\ntruefalsnul0123456789.eE+- data:error"usage""#.utf8)
      let transcript = Replay.run(driver, operation, cut: .every(1 + random.below(40))) { _, _ in
        var reply = Reply([200, 200, 400, 404, 429, 500, 503][random.below(7)])
        for _ in 0..<random.below(400) {
          let isText = random.below(8) != 0
          let text = alphabet[random.below(alphabet.count)]
          reply.body.append(isText ? text : UInt8(random.below(256)))
        }
        return reply
      }
      #expect(transcript.failure?.code != .driverBug, "seed \(seed): \(transcript)")
      #expect(transcript.requests.count <= 32, "seed \(seed)")
    }
  }

  /// JSON that nests deeper than a stack, and numbers that no integer holds.
  @Test(arguments: ReplayDrivers.names) func extremes(_ name: String) throws {
    let driver = try ReplayDrivers.driver(name)
    let deep = String(repeating: "[", count: 200_000)
    let huge = String(repeating: "9", count: 5_000)
    let bodies = [
      deep, #"{"data":\#(deep)"#,
      #"{"object":"list","data":[{"id":"a","max_model_len":\#(huge)}]}"#,
      #"{"models":[{"name":"m","key":"m","size":-1,"max_context_length":1e308}]}"#,
      #"{"version":"\#(String(repeating: "v", count: 100_000))"}"#,
      #"{"object":"list","data":[{"id":"\#(String(repeating: "i", count: 100_000))"},{"id":""},{}]}"#,
      #"{"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":1e400}}"#,
      "llamacpp:requests_processing 1e999\nvllm:num_requests_running NaN\n",
      "vllm:num_requests_running{engine=\"0\n",
    ]
    for kind in Self.kinds where driver.supports(kind) {
      for body in bodies {
        for stream in [false, true] {
          let transcript = Replay.run(
            driver, Replay.operation(kind, stream: stream, model: "m"), cut: .every(30_000)
          ) { _, _ in Reply(200, body) }
          #expect(transcript.failure?.code != .driverBug, "\(kind) \(body.prefix(40))")
          #expect(transcript.requests.count <= 32)
        }
      }
    }
  }
}

extension Reply {
  /// The reply with some bytes changed, lost, repeated or added, or cut short.
  fileprivate func damaged(_ random: inout SeededRandom) -> Reply {
    var reply = self
    if random.below(6) == 0 { reply.status = [200, 400, 404, 500, 503][random.below(5)] }
    if random.below(8) == 0 { reply.ending = .broken(.closed) }
    for _ in 0..<random.below(6) where !reply.body.isEmpty {
      let place = random.below(reply.body.count)
      switch random.below(5) {
      case 0: reply.body[place] = UInt8(random.below(256))
      case 1: reply.body.remove(at: place)
      case 2: reply.body.insert(Array(#"{}[]",:\"#.utf8)[random.below(8)], at: place)
      case 3: reply.body.removeSubrange(place...)
      default:
        let end = min(place + random.below(80), reply.body.count)
        reply.body.insert(contentsOf: reply.body[place..<end], at: random.below(place + 1))
      }
    }
    return reply
  }
}
