import Foundation

extension SettingEffect {
  /// `[logging]`: what a request leaves in the log.
  static let logging: [SettingEffect] = [
    SettingEffect(
      "logging.level",
      [
        #""error""#: "ERROR", #""warn""#: "ERROR WARN", #""info""#: "ERROR INFO WARN",
        #""debug""#: "DEBUG ERROR INFO WARN", #""trace""#: "DEBUG ERROR INFO WARN",
      ]
    ) { trial in
      let words = try lines(trial).flatMap { $0.split(separator: " ").dropFirst().prefix(1) }
      return Set(words).sorted().joined(separator: " ")
    },
    SettingEffect("logging.format", [#""json""#: "objects", #""pretty""#: "lines"]) { trial in
      try lines(trial).allSatisfy { $0.hasPrefix("{") } ? "objects" : "lines"
    },
    SettingEffect(
      "logging.component_levels", [#"{ api = "error" }"#: "ERROR", "": "DEBUG ERROR INFO WARN"]
    ) { trial in
      let words = try lines(trial).filter { $0.contains(" api ") }
        .flatMap { $0.split(separator: " ").dropFirst().prefix(1) }
      return Set(words).sorted().joined(separator: " ")
    },
    SettingEffect("logging.access", ["true": "told", "false": "not told"]) { trial in
      try lines(trial).contains { $0.contains("request completed") } ? "told" : "not told"
    },
    SettingEffect(
      "logging.enable_content_logging", ["true": "quoted", "false": "not quoted"]
    ) { trial in
      try lines(trial).contains { $0.contains("say something") } ? "quoted" : "not quoted"
    },
  ]

  /// The lines about a request that was answered and one that was not.
  private static func lines(_ trial: SettingTrial) throws -> [Substring] {
    let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
    let gateway = try trial.start(backends: SettingTrial.tables(simulator))
    _ = try trial.ask(gateway, headers: "X-Request-Id: probe-1\r\n")
    try simulator.fault(#"{"backend":"one","kind":"status","status":500}"#)
    _ = try trial.ask(gateway, headers: "X-Request-Id: probe-2\r\n")
    gateway.terminate()
    try gateway.expectExit()
    return gateway.log.split(separator: "\n").filter { $0.contains("probe-") }
  }
}
