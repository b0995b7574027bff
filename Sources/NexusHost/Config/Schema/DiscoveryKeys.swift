import Net

extension SettingsTable {
  static let discovery: [SettingSpec<Settings>] = [
    .init(
      "discovery.enabled", .flag, \.discovery.enabled, variable: "NEXUS_DISCOVERY",
      flag: .off(
        "--no-discovery", synonyms: ["--no-probe"],
        "do not look for servers on this machine and in the network"),
      """
      Whether to look for servers that nobody named: on the usual ports of this machine, and in the \
      local network as far as the keys below say.
      """),
    .init(
      "discovery.mdns", .flag, \.discovery.mdns,
      """
      Whether the local network is asked for servers that announce themselves (mDNS), through the \
      avahi daemon of this machine. Without that daemon nothing is asked.
      """),
    .init(
      "discovery.service_types", .list, \.discovery.serviceTypes,
      """
      The kinds of announcements that are listened to, beside those that drivers know. \
      ".local" at the end is dropped.
      """),
    .init(
      "discovery.grace_period_seconds", .whole(0...86_400), \.discovery.gracePeriodSeconds,
      """
      How long a found backend stays known after its announcement was withdrawn, or after it went \
      down where nobody announces it, in seconds. It gets requests meanwhile as long as it answers.
      """),
    .init(
      "discovery.ports", .wholes(1...65_535), \.discovery.ports, example: "[8081, 9000]",
      "Ports that are looked at beside those that drivers know."),
    .init(
      "discovery.scan", .list, example: "[\"192.168.1.0/24\"]",
      """
      Private addresses and networks, of at most 65,536 addresses, whose ports are looked at too, a \
      hundred in a second at most. What answers is in the zone `open` unless it is trusted.
      """,
      get: { $0.discovery.scan.settingValue },
      set: { (settings, value) throws(SettingFault) in
        settings.discovery.scan = try scan([String](value) ?? [])
      }),
    .init(
      "discovery.announce", .flag, \.discovery.announce,
      """
      Whether this gateway announces itself in the local network (`_nexus._tcp` and `_llm._tcp`). \
      It never does while it listens on a loopback address.
      """),
    .init(
      "discovery.announce_name", .text, \.discovery.announceName,
      absence: "the name of the machine", example: "\"attic\"", "What it calls itself there."),
  ]

  static let trust: [SettingSpec<Settings.Trust>] = [
    .init(
      "discovery.trust[].name", .glob, \.name, absence: "any", example: "\"attic*\"",
      "Pattern of the name under which the server was found."),
    .init(
      "discovery.trust[].address", .text, absence: "any", example: "\"192.168.1.0/28\"",
      "The server's address, or a network in which it is.",
      get: { $0.address.map(SettingValue.text) },
      set: { (trust, value) throws(SettingFault) in
        guard case .text(let text) = value, AddressBlock(text) != nil else {
          throw SettingFault("give an address or a network, such as 192.168.1.20 or 192.168.1.0/28")
        }
        trust.address = text
      }),
    .init(
      "discovery.trust[].ca_file", .path, \.caFile, absence: "none is asked for",
      example: "\"/etc/nexus/house-ca.pem\"",
      """
      PEM file of certificate authorities. The server is then spoken to by https, and is the \
      trusted one only if they vouch for its certificate.
      """),
    .init(
      "discovery.trust[].zone",
      .word(
        Settings.Zone.allCases.map(\.rawValue),
        synonyms: ["local": "restricted", "public": "open"]),
      \.zone, "Its zone, as of `backends[].zone`."),
    .init(
      "discovery.trust[].priority", .whole(-1_000_000...1_000_000), \.priority, absence: "50",
      example: "10", "As of `backends[].priority`."),
    .init(
      "discovery.trust[].tier", .whole(1...5), \.tier, absence: "1", example: "3",
      "As of `backends[].tier`."),
  ]

  /// Most addresses that are looked at.
  private static let mostScanned: UInt64 = 65_536

  private static func scan(_ texts: [String]) throws(SettingFault) -> [String] {
    var total: UInt64 = 0
    for text in texts {
      guard let block = AddressBlock(text) else {
        throw SettingFault(
          "'\(text)' is no address and no network; give such as 192.168.1.20 or 192.168.1.0/24")
      }
      guard block.isPrivate else {
        throw SettingFault(
          "'\(text)' is not in a private network; give addresses of 10.0.0.0/8, 172.16.0.0/12,"
            + " 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16, 127.0.0.0/8 or fc00::/7")
      }
      let (sum, overflow) = total.addingReportingOverflow(block.count)
      total = overflow ? .max : sum
      guard total <= mostScanned else {
        throw SettingFault(
          "with '\(text)' these are more than \(mostScanned) addresses; give smaller networks,"
            + " such as a /24")
      }
    }
    return texts
  }
}
