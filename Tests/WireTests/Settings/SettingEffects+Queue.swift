import Foundation

extension SettingEffect {
  /// `[queue]`: a backend that has one request at once has one.
  static let queue: [SettingEffect] = [
    SettingEffect("queue.enabled", ["true": "waits", "false": "503 backends_full"]) { trial in
      let gateway = try busy(trial)
      let client = try trial.asking(gateway)
      return try isWaiting(1, gateway, trial) ? "waits" : client.receive().verdict
    },
    SettingEffect(
      "queue.max_size", ["1": "503 queue_full", "2": "both wait", "0": "503 backends_full"]
    ) { trial in
      let gateway = try busy(trial)
      let clients = try (0..<2).map { _ in try trial.asking(gateway) }
      if trial.value == "2" { return try isWaiting(2, gateway, trial) ? "both wait" : "not both" }
      return try clients[1].receive().verdict
    },
    SettingEffect("queue.max_wait_seconds", ["1": "over", "60": "waits"]) { trial in
      let gateway = try busy(trial)
      _ = try trial.asking(gateway)
      guard try isWaiting(1, gateway, trial) else { return "refused" }
      let isOver = try trial.happens(within: 1.5) { try waiting(gateway) == 0 }
      return isOver ? "over" : "waits"
    },
  ]

  private static func busy(_ trial: SettingTrial) throws -> GatewayProcess {
    let backend = try trial.script("one")
    let gateway = try trial.start(
      backends: [SettingTrial.table(backend, ["max_concurrent": "1"])])
    _ = try trial.asking(gateway)
    _ = try trial.take(backend)
    return gateway
  }

  private static func waiting(_ gateway: GatewayProcess) throws -> Int? {
    try LoadClient(port: gateway.port).using { client in
      let answer = try client.exchange(LoadClient.get("/health"))
      let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
      return object?["queued_requests"] as? Int
    }
  }

  private static func isWaiting(
    _ count: Int, _ gateway: GatewayProcess, _ trial: SettingTrial
  ) throws -> Bool {
    try ProcessFigures.wait(seconds: 2) { try waiting(gateway) == count }
  }
}
