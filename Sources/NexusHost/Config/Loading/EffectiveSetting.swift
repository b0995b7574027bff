import Text

/// A key with the value in force and where that comes from.
public struct EffectiveSetting: Equatable, Sendable {
  /// "server.port", "routing.aliases.gpt-4", "backends[0].url".
  public let path: String
  /// Nil if nothing is set. Secrets that can be recognised are masked.
  public let value: SettingValue?
  /// The value as TOML writes it, or nil if nothing is set.
  public let toml: String?
  public let origin: SettingOrigin
}

extension Loaded {
  /// Every key in the order of the documentation; entries of tables singly, policies and backends by
  /// their number. `started`: what the process was started with, from which come the keys that need
  /// a restart.
  public func effective(since started: Loaded? = nil) -> [EffectiveSetting] {
    var result: [EffectiveSetting] = []
    for spec in SettingsTable.single {
      let source = spec.key.isLive ? self : started ?? self
      result += source.entries(spec.key, spec.key.path, spec.get(source.settings))
    }
    for (index, trust) in settings.discovery.trust.enumerated() {
      for spec in SettingsTable.trust {
        result += entries(spec.key, "discovery.trust[\(index)].\(spec.key.name)", spec.get(trust))
      }
    }
    for (index, policy) in settings.routing.policies.enumerated() {
      for spec in SettingsTable.policy {
        result += entries(
          spec.key, "routing.policies[\(index)].\(spec.key.name)", spec.get(policy))
      }
    }
    for (index, backend) in settings.backends.enumerated() {
      let place = "backends[\(index)]"
      for spec in SettingsTable.backend {
        let value = spec.get(backend)
        // An option names a backend as a whole, with what is not usual about it.
        let isUsual = value == spec.get(.blank)
        result += entries(
          spec.key, "\(place).\(spec.key.name)", value, else: isUsual ? .standard : origins[place])
      }
    }
    return result
  }

  /// The same as the body of `GET /config`: an array of `key`, `value` and `origin`.
  public func json(since started: Loaded? = nil) -> [UInt8] {
    JSONText.object { text in
      text.array("settings") { list in
        for setting in effective(since: started) {
          list.object {
            $0.member("key", setting.path)
            $0.member("value", setting.value)
            $0.member("origin", setting.origin.description)
          }
        }
      }
    }
  }

  private func entries(
    _ key: SettingKey, _ path: String, _ value: SettingValue?, else other: SettingOrigin? = nil
  ) -> [EffectiveSetting] {
    guard case .map(let kind) = key.kind, case .map(let entries)? = value, !entries.isEmpty else {
      return [
        EffectiveSetting(
          path: path, value: value?.masked, toml: (value?.masked).map(key.kind.toml),
          origin: origins[path] ?? other ?? .standard)
      ]
    }
    return entries.map { entry in
      let path = "\(path).\(SettingValue.key(entry.key))"
      let value = key.isSecret ? .text(SecretScrub.mark) : entry.value.masked
      return EffectiveSetting(
        path: path, value: value, toml: kind.toml(value),
        origin: origins[path] ?? other ?? .standard)
    }
  }
}

extension SettingValue {
  /// Without secrets that can be recognised: there are places for them, but people err.
  fileprivate var masked: SettingValue {
    switch self {
    case .text(let text): .text(SecretScrub.clean(text))
    case .list(let items): .list(items.map { SecretScrub.clean($0) })
    case .map(let entries): .map(entries.map { SettingEntry($0.key, $0.value.masked) })
    case .whole, .number, .flag, .wholes: self
    }
  }
}
