import Foundation

extension SettingTrial {
  /// Two servers that can do the same.
  static let pair = ["one", "two"].map { "vllm:0,name=\($0),model=m1,ttft=1,tps=0" }

  /// Starts a gateway in front of `pair`, of which "one" is preferred and has a request to do.
  func startWithBusyOne(_ settings: Values, priorities: (Int, Int)) throws -> GatewayProcess {
    let simulator = try simulate(Self.pair)
    let gateway = try start(
      settings,
      backends: Self.tables(
        simulator,
        ["one": ["priority": "\(priorities.0)"], "two": ["priority": "\(priorities.1)"]]))
    try simulator.fault(#"{"backend":"one","kind":"stall_before","count":1}"#)
    // Whose turn it is depends on the strategy; by and by it is that of "one".
    let request = String(
      decoding: LoadClient.post("/v1/chat/completions", Self.chat()), as: UTF8.self)
    for _ in 0..<50 {
      let peer = try peer("client", gateway, sends: request)
      let isHeld = try ProcessFigures.wait {
        try !peer.unread.isEmpty || simulator.count("in_flight", of: "one") == 1
      }
      if isHeld, peer.unread.isEmpty { return gateway }
    }
    throw CaseFailure("'one' got nothing to do")
  }
}

extension SettingEffect {
  /// `[routing]`
  static let routing: [SettingEffect] = [
    SettingEffect(
      "routing.strategy",
      [
        #""smart""#: "two", #""priority_only""#: "one", #""random""#: "drawn",
        #""round_robin""#: "in turn",
      ]
    ) { trial in
      let gateway = try trial.startWithBusyOne(
        ["routing.weights.latency": "0"], priorities: (1, 2))
      let servers = try (0..<24).map { _ in try trial.ask(gateway).server }
      if let first = servers.first, servers.allSatisfy({ $0 == first }) { return first }
      let isInTurn = zip(servers, servers.dropFirst()).allSatisfy { $0 != $1 }
      return isInTurn ? "in turn" : "drawn"
    },
    SettingEffect("routing.max_retries", ["0": "502", "1": "502", "2": "200"]) { trial in
      let simulator = try trial.simulate(
        SettingTrial.pair + ["vllm:0,name=three,model=m1,ttft=1,tps=0"])
      let gateway = try trial.start(
        ["routing.strategy": #""priority_only""#],
        backends: SettingTrial.tables(simulator, ["three": ["priority": "99"]]))
      for name in ["one", "two"] {
        try simulator.fault(#"{"backend":"\#(name)","kind":"status","status":500}"#)
      }
      return "\(try trial.ask(gateway).status)"
    },
    SettingEffect("routing.affinity", ["true": "two", "false": "one"]) { trial in
      // A conversation begins at "two", because "one", which is preferred a little, is full.
      let simulator = try trial.simulate(
        ["one", "two"].map { "vllm:0,name=\($0),model=m1,ttft=1,tps=0,cache=9,prompt-cost=300" })
      let gateway = try trial.start(
        backends: SettingTrial.tables(
          simulator,
          ["one": ["priority": "0", "max_concurrent": "1"], "two": ["priority": "2"]]))
      let text = String(repeating: "again ", count: 2_100)
      let chat = #"{"model":"m1","stream":true,"messages":[{"role":"user","content":"\#(text)"}]}"#
      try simulator.fault(#"{"backend":"one","kind":"stall_before","count":1}"#)
      let holder = try trial.asking(gateway)
      let isHeld = try ProcessFigures.wait { try simulator.count("in_flight", of: "one") == 1 }
      guard isHeld, try trial.ask(gateway, chat).server == "two" else {
        throw CaseFailure("'one' was not full")
      }
      holder.close()
      let isFree = try ProcessFigures.wait { try simulator.count("in_flight", of: "one") == 0 }
      guard isFree else { throw CaseFailure("'one' was not freed") }
      return try trial.ask(gateway, chat).server
    },
    SettingEffect("routing.aliases", [#"{ other = "m1" }"#: "200", "": "404 model_not_found"]) {
      trial in
      let simulator = try trial.simulate(SettingTrial.pair)
      let gateway = try trial.start(backends: SettingTrial.tables(simulator))
      return try trial.ask(gateway, SettingTrial.chat("other")).verdict
    },
    SettingEffect("routing.fallbacks", [#"{ other = ["m1"] }"#: "m1", "": "none"]) { trial in
      let simulator = try trial.simulate(SettingTrial.pair)
      let gateway = try trial.start(backends: SettingTrial.tables(simulator))
      return try trial.ask(gateway, SettingTrial.chat("other")).field("x-nexus-fallback-model")
    },
  ]

  /// `[routing.weights]`: of two servers, one has the better priority, the other less to do or a
  /// quicker answer.
  static let weights: [SettingEffect] = [
    SettingEffect("routing.weights.priority", ["0": "two", "1000": "one"]) { trial in
      let gateway = try trial.startWithBusyOne(
        ["routing.weights.load": "30", "routing.weights.latency": "0"], priorities: (1, 60))
      return try trial.servers(gateway)
    },
    SettingEffect("routing.weights.load", ["0": "one", "1000": "two"]) { trial in
      let gateway = try trial.startWithBusyOne(
        ["routing.weights.priority": "30", "routing.weights.latency": "0"], priorities: (1, 60))
      return try trial.servers(gateway)
    },
    SettingEffect("routing.weights.latency", ["0": "one one", "1000": "one two"]) { trial in
      let simulator = try trial.simulate([
        "vllm:0,name=one,model=m1,ttft=500,tps=0", "vllm:0,name=two,model=m1,ttft=1,tps=0",
      ])
      let gateway = try trial.start(
        ["routing.weights.priority": "30", "routing.weights.load": "0"],
        backends: SettingTrial.tables(
          simulator, ["one": ["priority": "0"], "two": ["priority": "40"]]))
      return try trial.servers(gateway, 2)
    },
  ]

  /// `[[routing.policies]]`
  static let policies: [SettingEffect] = [
    policy("model_pattern", [#""m*""#: "503", #""x*""#: "200"], ["privacy": #""restricted""#]),
    policy(
      "privacy",
      [
        #""restricted""#: "503", #""confidential""#: "503", #""internal""#: "200",
        #""unrestricted""#: "200", "": "200",
      ]),
    policy("min_tier", ["3": "503", "2": "200", "": "200"]),
    policy("fallback_allowed", ["true": "200", "false": "404"], model: "other"),
  ]

  /// What one backend in the zone "internal" and of the second tier answers under a policy.
  private static func policy(
    _ key: String, _ sights: KeyValuePairs<String, String>, _ more: SettingTrial.Values = [:],
    model: String = "m1"
  ) -> SettingEffect {
    SettingEffect("routing.policies[].\(key)", sights) { trial in
      let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
      let gateway = try trial.start(
        ["routing.fallbacks": #"{ other = ["m1"] }"#],
        backends: SettingTrial.tables(
          simulator, ["one": ["zone": #""internal""#, "tier": "2"]]),
        policies: [["model_pattern": #""*""#].merging(more) { $1 }])
      return "\(try trial.ask(gateway, SettingTrial.chat(model)).status)"
    }
  }
}
