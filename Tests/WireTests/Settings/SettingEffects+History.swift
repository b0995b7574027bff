import Foundation

extension SettingEffect {
  /// `[history]`: what is remembered of three requests.
  static let history: [SettingEffect] = [
    SettingEffect("history.size", ["2": "2", "0": "0", "3": "3"]) { trial in
      let backend = try trial.script("one")
      let gateway = try trial.start(backends: [SettingTrial.table(backend)])
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      for _ in 0..<3 {
        _ = try client.exchange(LoadClient.post("/v1/chat/completions", #"{"model":"nobody"}"#))
      }
      // Behind the others on one connection, so that they are remembered by then.
      let answer = try client.exchange(LoadClient.get("/v1/history"))
      let entries = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [Any]
      return "\(entries?.count ?? -1)"
    }
  ]
}
