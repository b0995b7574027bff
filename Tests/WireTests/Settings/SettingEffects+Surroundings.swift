import Foundation

extension SettingEffect {
  /// What a gateway has around it: address, threads, files, drivers and what it finds.
  static let surroundings: [SettingEffect] =
    [
      SettingEffect("server.host", [#""127.0.0.1""#: "here", #""127.0.0.2""#: "not here"]) {
        trial in
        let gateway = try trial.start()
        return (try? trial.client(gateway)) == nil ? "not here" : "here"
      },
      SettingEffect("server.port", ["{first}": "first", "{second}": "second"]) { trial in
        trial.words["first"] = "\(try Sockets.portForListening())"
        trial.words["second"] = "\(try Sockets.portForListening())"
        let gateway = try trial.start()
        _ = try trial.client(gateway)
        return trial.words.first { $1 == "\(gateway.port)" }?.key ?? "\(gateway.port)"
      },
      SettingEffect("server.threads", ["1": "1 1", "3": "3 3"]) { trial in
        let gateway = try trial.start()
        let told = try gateway.control("GET", "/status").object["workers"] ?? 0
        let folder = "/proc/\(gateway.identifier)/task"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).map {
          (try? String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8)) ?? ""
        }
        return "\(told) \(names.count { $0.wholeMatch(of: /nexus-\d+\n/) != nil })"
      },
      SettingEffect(
        "server.control_socket", [#""{folder}/admin.sock""#: "there", "": "at the usual place"]
      ) { trial in
        let gateway = try trial.start()
        let place = "\(trial.folder)/admin.sock"
        let isUsual = FileManager.default.fileExists(atPath: gateway.controlSocket)
        guard FileManager.default.fileExists(atPath: place) else {
          return isUsual ? "at the usual place" : "nowhere"
        }
        let status = try GatewayProcess.control(place, "GET", "/status").status
        return status == 200 && !isUsual ? "there" : "useless"
      },
      SettingEffect(
        "server.state_directory", [#""{folder}/state""#: "there", "": "at the usual place"]
      ) { trial in
        let gateway = try trial.start()
        let backend = #"{"url":"http://127.0.0.1:9","name":"kept","type":"vllm"}"#
        let added = try gateway.control("POST", "/backends", backend)
        guard added.status == 201 else { throw CaseFailure("not added: \(added.object)") }
        return try [
          "there": "\(trial.folder)/state",
          "at the usual place": "\(gateway.runtimeDirectory)/nexus",
        ]
        .filter { try holds($0.value, "kept") }.map(\.key).joined(separator: " and ")
      },
      SettingEffect(
        "plugins.directory", [#""{plugins}""#: "six", #""{folder}/none""#: "none"]
      ) { trial in
        try FileManager.default.createDirectory(
          atPath: "\(trial.folder)/none", withIntermediateDirectories: false,
          attributes: [.posixPermissions: 0o755])
        let gateway = try trial.start()
        let drivers = try gateway.control("GET", "/status").object["drivers"] as? [Any] ?? []
        return ["none", "1", "2", "3", "4", "5", "six"][min(drivers.count, 6)]
      },
      SettingEffect("discovery.enabled", ["true": "found", "false": "not found"]) { trial in
        let simulator = try trial.simulate(["generic:0,name=one,model=m1"])
        let port = simulator.backends[0].url.split(separator: ":").last ?? ""
        let driver = try ExampleDriver.identifying(port: String(port))
        let gateway = try trial.start(["plugins.directory": "\"\(driver.path)\""])
        let isFound = try trial.happens {
          try gateway.control("GET", "/backends").list("backends").contains {
            $0["discovery_source"] as? String == "discovered"
          }
        }
        return isFound ? "found" : "not found"
      },
      SettingEffect("discovery.ports", ["[{port}]": "found", "": "not found"]) { trial in
        try place(trial, "127.0.0.1")
        return try isFound(trial, trial.start(["discovery.enabled": "true"]), "127.0.0.1")
      },
      SettingEffect("discovery.scan", [#"["127.0.0.2/32"]"#: "found", "": "not found"]) { trial in
        try place(trial, "127.0.0.2")
        return try isFound(
          trial, trial.start(["discovery.enabled": "true", "discovery.ports": "[{port}]"]),
          "127.0.0.2")
      },
      SettingEffect("discovery.grace_period_seconds", ["1": "gone", "600": "known"]) { trial in
        let simulator = try place(trial, "127.0.0.1")
        let settings = [
          "discovery.enabled": "true", "discovery.ports": "[{port}]",
          "health_check.interval_seconds": "1", "health_check.failure_threshold": "1",
        ]
        let gateway = try trial.start(settings)
        _ = try ProcessFigures.wait { try found(gateway, trial, "127.0.0.1") != nil }
        simulator.stop()
        _ = try ProcessFigures.wait {
          try found(gateway, trial, "127.0.0.1")?["status"] as? String == "unhealthy"
        }
        let isGone = try trial.happens(within: 2.5) {
          try found(gateway, trial, "127.0.0.1") == nil
        }
        return isGone ? "gone" : "known"
      },
    ] + trust

  /// Keys of `[[discovery.trust]]`, each in a table that has what it needs.
  private static let trust: [SettingEffect] = [
    trusted("name", [#""vllm*""#: "internal 50 1", #""other""#: "restricted 50 1"]),
    trusted("address", [#""127.0.0.0/8""#: "internal 50 1", #""10.0.0.1""#: "restricted 50 1"]),
    trusted("ca_file", [#""{folder}/ca.pem""#: "restricted 50 1", "": "internal 50 1"]),
    trusted("zone", [#""confidential""#: "confidential 50 1", "": "restricted 50 1"]),
    trusted("priority", ["7": "internal 7 1", "": "internal 50 1"]),
    trusted("tier", ["4": "internal 50 4", "": "internal 50 1"]),
  ]

  /// What a server at 127.0.0.2 is to a gateway that has a table for it: "internal", which nothing
  /// is otherwise, or "restricted", as all servers of this machine are.
  private static func trusted(
    _ key: String, _ sights: KeyValuePairs<String, String>
  ) -> SettingEffect {
    SettingEffect("discovery.trust[].\(key)", sights) { trial in
      try place(trial, "127.0.0.2")
      let settings = [
        "discovery.enabled": "true", "discovery.ports": "[{port}]",
        "discovery.scan": #"["127.0.0.2"]"#,
      ]
      let gateway = try trial.start(settings, trust: [["name": #""*""#, "zone": #""internal""#]])
      var seen = "not found"
      _ = try ProcessFigures.wait {
        guard let backend = try found(gateway, trial, "127.0.0.2") else { return false }
        seen = "\(backend["zone"] ?? "") \(backend["priority"] ?? "") \(backend["tier"] ?? "")"
        return true
      }
      return seen
    }
  }

  /// Starts a server at an address; `{port}` is its port.
  @discardableResult
  private static func place(_ trial: SettingTrial, _ host: String) throws -> SimulatorProcess {
    let simulator = try trial.simulate(["--host", host, "vllm:0,name=one,model=m1"])
    trial.words["port"] = simulator.backends[0].url.split(separator: ":").last.map(String.init)
    return simulator
  }

  private static func found(
    _ gateway: GatewayProcess, _ trial: SettingTrial, _ host: String
  ) throws -> [String: Any]? {
    try gateway.control("GET", "/backends").list("backends").first {
      $0["url"] as? String == "http://\(host):\(trial.words["port"] ?? "")"
    }
  }

  private static func isFound(
    _ trial: SettingTrial, _ gateway: GatewayProcess, _ host: String
  ) throws -> String {
    try trial.happens { try found(gateway, trial, host) != nil } ? "found" : "not found"
  }

  /// Whether a file in the directory has the word in it.
  private static func holds(_ directory: String, _ word: String) throws -> Bool {
    guard let files = FileManager.default.subpaths(atPath: directory) else { return false }
    return files.contains {
      let data = FileManager.default.contents(atPath: "\(directory)/\($0)") ?? Data()
      return data.range(of: Data(word.utf8)) != nil
    }
  }
}
