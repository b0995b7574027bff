import Foundation

extension SettingEffect {
  /// `[traces]`: what a collector gets of requests.
  static let traces: [SettingEffect] = [
    SettingEffect("traces.endpoint", [#""{collector}""#: "spans", "": "none"]) { trial in
      let collector = try collector(trial)
      let gateway = try ask(trial, [:])
      let came = try trial.happens { try !collector.spans().isEmpty }
      gateway.kill()
      return came ? "spans" : "none"
    },
    SettingEffect("traces.sample", ["1.0": "spans", "0.0": "none"]) { trial in
      try delivery(trial) == nil ? "none" : "spans"
    },
    SettingEffect("traces.service_name", [#""one""#: "one", #""two""#: "two"]) { trial in
      try delivery(trial)?.resource["service.name"] ?? "none"
    },
    SettingEffect("traces.headers", [#"{ x-a = "b" }"#: "b", #"{ x-a = "c" }"#: "c"]) { trial in
      try delivery(trial)?.head.values("x-a").first ?? "none"
    },
    SettingEffect(
      "traces.header_env",
      [#"{ x-a = "NEXUS_TEST_A" }"#: "key-a", #"{ x-a = "NEXUS_TEST_B" }"#: "key-b"]
    ) { trial in
      trial.environment = ["NEXUS_TEST_A": "key-a", "NEXUS_TEST_B": "key-b"]
      return try delivery(trial)?.head.values("x-a").first ?? "none"
    },
    SettingEffect("traces.ca_file", [#""{authority}""#: "spans", "": "none"]) { trial in
      let certificates = try Certificates()
      trial.words["authority"] = certificates.authority
      let collector = try collector(trial)
      let front = try SecureFront(certificates, .here, to: collector.port)
      trial.atEnd { front.stop() }
      trial.environment["no_proxy"] = "*"
      let gateway = try ask(trial, ["traces.endpoint": "\"https://127.0.0.1:\(front.port)\""])
      gateway.terminate()
      try gateway.expectExit()
      return try collector.spans().isEmpty ? "none" : "spans"
    },
  ]

  /// A collector; `{collector}` is its URL.
  private static func collector(_ trial: SettingTrial) throws -> TraceCollector {
    let collector = try TraceCollector()
    trial.atEnd { collector.stop() }
    trial.words["collector"] = collector.url
    return collector
  }

  /// Asks a gateway something.
  private static func ask(
    _ trial: SettingTrial, _ settings: SettingTrial.Values
  ) throws -> GatewayProcess {
    let gateway = try trial.start(settings)
    _ = try trial.ask(gateway)
    return gateway
  }

  /// The first delivery to a collector, after a request and the end of the gateway.
  private static func delivery(_ trial: SettingTrial) throws -> TraceCollector.Delivery? {
    let collector = try collector(trial)
    let gateway = try ask(trial, ["traces.endpoint": #""{collector}""#])
    gateway.terminate()
    try gateway.expectExit()
    return try collector.accepted().first
  }
}
