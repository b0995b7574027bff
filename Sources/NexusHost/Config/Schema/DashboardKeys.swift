import HTTP

extension SettingsTable {
  static let dashboard: [SettingSpec<Settings>] = [
    .init(
      "dashboard.enabled", .flag, \.dashboard.enabled,
      """
      Whether the gateway shows itself: the page at `/`, and `/ws`, over which page and programs \
      hear what happens.
      """),
    .init(
      "dashboard.origins", .list, example: "[\"https://home.example\"]",
      """
      Web pages of other places that may open `/ws`. Pages that come from the gateway itself may, \
      under an address, a name without a domain or one of a local domain such as `.local`; under \
      another name, they too must be listed.
      """,
      get: { $0.dashboard.origins.settingValue },
      set: { (settings, value) throws(SettingFault) in
        settings.dashboard.origins = try origins([String](value) ?? [])
      }),
    .init(
      "dashboard.max_viewers", .whole(0...100_000), \.dashboard.maxViewers,
      "How many may watch over `/ws` at once; further ones hear 503."),
  ]

  /// Checks origins.
  private static func origins(_ texts: [String]) throws(SettingFault) -> [String] {
    for text in texts where WebOrigin(text) == nil {
      throw SettingFault(
        "'\(text)' is no origin; give scheme and host of the page and nothing behind them, such as"
          + " https://home.example or http://192.168.1.5:8080")
    }
    return texts
  }
}
