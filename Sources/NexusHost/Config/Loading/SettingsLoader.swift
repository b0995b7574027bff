import Text

/// Merges what the sources say: flags before environment before file before defaults.
public enum SettingsLoader {
  /// Pure, so that a reload goes the same way as a start. `environment` looks a variable up; an
  /// empty one counts as unset. Any thread.
  public static func load(
    file: ConfigurationFile? = nil, environment: (String) -> String? = { _ in nil },
    flags: FlagValues = FlagValues()
  ) -> Loaded {
    var loaded = file.map(FileReader.read) ?? Loaded()
    applyEnvironment(environment, to: &loaded)
    apply(flags, to: &loaded)
    SettingsCheck.run(&loaded)
    return loaded
  }

  private static func applyEnvironment(
    _ environment: (String) -> String?, to loaded: inout Loaded
  ) {
    for spec in SettingsTable.single {
      guard let variable = spec.key.variable, let text = environment(variable), !text.isEmpty
      else { continue }
      do {
        try spec.set(&loaded.settings, try spec.key.kind.read(text))
        loaded.origins[spec.key.path] = .environment(variable)
      } catch {
        let shown = error.isSecret ? SecretScrub.mark : text
        loaded.report(
          .warning, path: spec.key.path, nil, "\(variable)=\(shown) is ignored: \(error)")
      }
    }
    applyLogFilter(environment, to: &loaded)
  }

  /// NEXUS_LOG: levels as "info,routing=debug".
  private static func applyLogFilter(
    _ environment: (String) -> String?, to loaded: inout Loaded
  ) {
    let variable = "NEXUS_LOG"
    guard let text = environment(variable), !text.isEmpty else { return }
    let before = loaded.settings.logging
    do {
      try loaded.settings.logging.apply(text)
      let logging = loaded.settings.logging
      if logging.level != before.level { loaded.origins["logging.level"] = .environment(variable) }
      for (component, level) in logging.componentLevels
      where before.componentLevels[component] != level {
        let path = "logging.component_levels.\(SettingValue.key(component))"
        loaded.origins[path] = .environment(variable)
      }
    } catch {
      loaded.report(
        .warning, path: "logging.level", nil, "\(variable)=\(text) is ignored: \(error)")
    }
  }

  private static func apply(_ flags: FlagValues, to loaded: inout Loaded) {
    for value in flags.values {
      guard let spec = SettingsTable.single.first(where: { $0.key.path == value.path }) else {
        continue
      }
      // A value that its kind accepted is one that its field takes; a test sets each of them.
      try? spec.set(&loaded.settings, value.value)
      loaded.origins[value.path] = .flag(value.flag)
    }
    for backend in flags.backends {
      loaded.origins["backends[\(loaded.settings.backends.count)]"] = .flag("--backend")
      loaded.settings.backends.append(backend)
    }
  }
}
