/// `[dashboard]`: who may watch.
extension SettingEffect {
  static let dashboard: [SettingEffect] = [
    SettingEffect("dashboard.enabled", ["true": "101", "false": "404 not_found"]) { trial in
      try trial.watch(try trial.start())
    },
    SettingEffect(
      "dashboard.origins",
      [
        #"["https://home.example"]"#: "101 403 origin_not_allowed",
        #"["http://192.168.1.5:8080"]"#: "403 origin_not_allowed 101",
      ]
    ) { trial in
      let gateway = try trial.start()
      let pages = ["https://home.example", "http://192.168.1.5:8080"]
      return try pages.map { try trial.watch(gateway, headers: "Origin: \($0)\r\n") }
        .joined(separator: " ")
    },
    SettingEffect(
      "dashboard.max_viewers",
      ["1": "101 503 too_many_viewers", "0": "503 too_many_viewers", "2": "101 101"]
    ) { trial in
      let gateway = try trial.start()
      let first = try trial.watch(gateway)
      return first == "101" ? "101 " + (try trial.watch(gateway)) : first
    },
  ]
}

extension SettingTrial {
  /// Watches until the trial ends, if it may; the status, and the code of an error.
  fileprivate func watch(_ gateway: GatewayProcess, headers: String = "") throws -> String {
    let client = try WebSocketClient(port: gateway.port, headers: headers, mustOpen: false)
    atEnd { client.close() }
    return client.answer.verdict
  }
}
