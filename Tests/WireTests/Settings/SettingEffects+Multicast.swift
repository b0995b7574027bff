import Foundation

extension SettingEffect {
  /// What a gateway hears from the local network, and says there, through a real avahi-daemon. Where
  /// none can run, that is printed and nothing is tried.
  static let multicast: [SettingEffect] = [
    hearing("discovery.mdns", ["true": "heard", "false": "not heard"], of: "_ollama._tcp"),
    hearing(
      "discovery.service_types", [#"["_probe._tcp"]"#: "heard", "": "not heard"],
      of: "_probe._tcp"),
    SettingEffect("discovery.announce", ["true": "announced", "false": "silent"]) { trial in
      guard let avahi = try trial.avahi() else { return trial.isFirst ? "announced" : "silent" }
      let gateway = try trial.start(open)
      if !trial.isFirst {
        // Once this is there, so would the gateway be, and what it has withdrawn is gone.
        let mark = try avahi.publish("mark", "_mark._tcp", port: 1)
        trial.atEnd { mark.kill() }
        _ = try ProcessFigures.wait(seconds: 5) { try name(of: gateway, avahi) == nil }
      }
      return try trial.happens { try name(of: gateway, avahi) != nil } ? "announced" : "silent"
    },
    SettingEffect(
      "discovery.announce_name", [#""first""#: "first", #""second""#: "second"]
    ) { trial in
      let wanted = trial.value?.filter { $0 != "\"" } ?? ""
      guard let avahi = try trial.avahi() else { return wanted }
      let gateway = try trial.start(open)
      _ = try ProcessFigures.wait { try name(of: gateway, avahi) == wanted }
      return try name(of: gateway, avahi) ?? "no name"
    },
  ]

  private static let open = ["discovery.enabled": "true", "server.host": #""0.0.0.0""#]

  /// Whether a server is found that is announced as that type.
  private static func hearing(
    _ key: String, _ sights: KeyValuePairs<String, String>, of type: String
  ) -> SettingEffect {
    SettingEffect(key, sights) { trial in
      guard let avahi = try trial.avahi() else { return trial.isFirst ? "heard" : "not heard" }
      let simulator = try trial.simulate(["ollama:0,name=one,model=m1"])
      let gateway = try trial.start(["discovery.enabled": "true"])
      let publisher = try avahi.publish("one", type, port: simulator.ports[0])
      trial.atEnd { publisher.kill() }
      let isHeard = try trial.happens {
        try gateway.control("GET", "/backends").list("backends").contains {
          ($0["url"] as? String)?.hasSuffix(":\(simulator.ports[0])") == true
        }
      }
      return isHeard ? "heard" : "not heard"
    }
  }

  /// Under which name the gateway is announced; nil if it is not.
  private static func name(of gateway: GatewayProcess, _ avahi: PrivateAvahi) throws -> String? {
    let lines = try avahi.announced("_nexus._tcp").map { $0.components(separatedBy: ";") }
    return lines.first { $0.count > 8 && $0[8] == "\(gateway.port)" }?[3]
  }
}

extension SettingTrial {
  /// A daemon that the gateway speaks to; nil where that is impossible.
  func avahi() throws -> PrivateAvahi? {
    guard let avahi = try PrivateAvahi() else { return nil }
    environment.merge(avahi.environment) { $1 }
    atEnd { withExtendedLifetime(avahi) {} }
    return avahi
  }
}
