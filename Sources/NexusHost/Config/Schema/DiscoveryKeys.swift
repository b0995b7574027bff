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
      How long a backend whose announcement was withdrawn stays known, in seconds. It gets no \
      requests meanwhile.
      """),
    .init(
      "discovery.scan", .list, \.discovery.scan, example: "[\"192.168.1.0/24\"]",
      """
      Private addresses and networks whose usual ports are looked at too, slowly. What answers is \
      in the zone `open` unless it is trusted.
      """),
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
}
