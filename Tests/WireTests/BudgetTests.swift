import Foundation

import Seeded
import Testing

/// What is spent, beyond the end of the process.
@Suite struct BudgetTests {
  @Test func killingTheGatewayHidesNothingThatWasSpent() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=cloud,model=o1-pro,ttft=0,tps=0,slots=64"])
    defer { simulator.stop() }
    let folder = "\(NSTemporaryDirectory())/nexus-budget-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = "\(folder)/nexus.toml"
    try ConfiguredGateway.write(
      """
      [server]
      state_directory = "\(folder)/state"
      [routing.budget]
      monthly_limit_usd = 1000.0
      soft_limit_percent = 0.0
      [[backends]]
      name = "cloud"
      url = "\(simulator.backends[0].url)"
      type = "vllm"
      zone = "open"
      """, to: file)
    let request = LoadClient.post(
      "/v1/chat/completions",
      #"{"model":"o1-pro","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}"#)
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    var answered = 0.0
    for _ in 0..<5 {
      let gateway = try GatewayProcess(arguments: ["--config", file])
      let clients = (0..<3).map { _ in Counter() }
      let workers = clients.map { micros in
        Worker {
          guard let client = try? LoadClient(port: gateway.port) else { return }
          defer { client.close() }
          while let answer = try? client.exchange(request), answer.status == 200 {
            let object = try? JSONSerialization.jsonObject(with: Data(answer.body))
            let usage = (object as? [String: Any])?["usage"] as? [String: Any]
            let input = usage?["prompt_tokens"] as? Int ?? 0
            let output = usage?["completion_tokens"] as? Int ?? 0
            micros.add(input * 150 + output * 600)
          }
        }
      }
      usleep(UInt32(200_000 + random.next() % 300_000))
      gateway.kill()
      for worker in workers { worker.join() }
      answered += clients.reduce(0.0) { $0 + Double($1.value) } / 1_000_000
    }
    #expect(answered > 0)
    let gateway = try GatewayProcess(arguments: ["--config", file])
    defer { gateway.kill() }
    let head = try LoadClient(port: gateway.port).using { try $0.exchange(request) }
    let left = Double(head.field("x-nexus-budget-remaining")) ?? .infinity
    // Two decimals are told; each end adds the reserve of a hundredth of the limit and a half at most.
    #expect(1_000 - left + 0.01 >= answered, "seed \(seed)")
    #expect(1_000 - left <= answered + 5 * 16 + 1, "seed \(seed)")
  }
}
