/// The files that `nexus config init` writes.
public enum SampleFile {
  /// Every key with what it means. Those without a default, and those that would bind somebody, are
  /// commented out with "#" right before them; prose has a blank behind it.
  public static func full() -> String {
    """
    # Configuration of Nexus. Every key may be left out; what stands here are the defaults, and what
    # is commented out (#key = …) are examples. Find mistakes with: nexus config check
    # docs/CONFIGURATION.md explains everything at more length.

    """ + DocumentedKey.sections.map { "\n" + section($0) }.joined()
  }

  /// What one needs to begin.
  public static func minimal() -> String {
    let settings = Settings()
    return """
      [server]
      host = "\(settings.server.host)"
      port = \(settings.server.port)

      [[backends]]
      name = "local-ollama"
      url = "http://localhost:11434"
      type = "ollama"

      [logging]
      level = "\(settings.logging.level.rawValue)"

      """
  }

  private static func section(_ section: SettingSection) -> String {
    let prose = comment(section.meaning)
    if let sample = samples[section.path] {
      return prose + keyList(section) + sample
    }
    return "\(prose)\(section.header)\n"
      + DocumentedKey.of(section).map { comment($0.key.meaning) + line($0) }.joined()
  }

  /// The keys of an array of tables with their meanings, since its samples have only some of them.
  private static func keyList(_ section: SettingSection) -> String {
    guard section.isArray else { return "" }
    let keys = DocumentedKey.of(section)
    let width = keys.map(\.key.name.count).max() ?? 0
    return keys.map { documented in
      let name = documented.key.name
      let padding = String(repeating: " ", count: width - name.count + 2)
      let indent = String(repeating: " ", count: width + 4)
      return comment("  \(name)\(padding)\(documented.key.meaning)", indent: indent)
    }.joined()
  }

  private static func line(_ documented: DocumentedKey) -> String {
    let key = documented.key
    if let standard = documented.standard { return "\(key.name) = \(standard)\n" }
    let absence = key.absence.map { comment("Default: \($0).") } ?? ""
    return "\(absence)#\(key.name) = \(key.example ?? "\"\"")\n"
  }

  /// Comment lines of at most 98 letters; further ones begin with `indent`.
  private static func comment(_ text: String, indent: String = "") -> String {
    var lines: [String] = []
    var line = "#"
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if line.count + 1 + word.count > 98 {
        lines.append(line)
        line = "#\(indent)"
      }
      line += " \(word)"
    }
    return (lines + [line]).joined(separator: "\n") + "\n"
  }

  private static let samples = [
    "discovery.trust[]": """
    #[[discovery.trust]]
    #name = "attic"
    #ca_file = "house-ca.pem"
    #
    #[[discovery.trust]]
    #address = "192.168.1.0/28"
    #zone = "internal"
    #tier = 2

    """,
    "routing.budget": """
    #[routing.budget]
    #monthly_limit_usd = 100.0
    #soft_limit_percent = 75.0
    #hard_limit_action = "block_cloud"

    """,
    "routing.policies[]": """
    #[[routing.policies]]
    #model_pattern = "gpt-4*"
    #privacy = "restricted"
    #min_tier = 3
    #
    #[[routing.policies]]
    #model_pattern = "claude-*"
    #privacy = "unrestricted"
    #min_tier = 2
    #max_cost_per_request = 0.5
    #
    #[[routing.policies]]
    #model_pattern = "*"
    #privacy = "unrestricted"
    #fallback_allowed = true

    """,
    "backends[]": """
    [[backends]]
    name = "local-ollama"
    url = "http://localhost:11434"
    type = "ollama"
    priority = 1

    #[[backends]]
    #name = "lmstudio"
    #url = "http://localhost:1234"
    #type = "lmstudio"
    #priority = 2

    #[[backends]]
    #name = "gpu-box"
    #url = "http://192.168.1.100:8000"
    #type = "vllm"
    #priority = 3
    #tier = 3
    #zone = "restricted"
    #max_concurrent = 8
    #cancel = "drain"
    #cancel_drain_seconds = 10
    #models = ["llama3:70b"]
    #memory_gb = 24
    #keep_warm = ["llama3*"]
    #never_load = ["*:70b"]
    #headers = { "x-team" = "lab" }

    #[[backends]]
    #name = "openai"
    #url = "https://api.openai.com"
    #type = "openai"
    #priority = 100
    #tier = 3
    #zone = "open"
    #api_key_env = "OPENAI_API_KEY"

    #[[backends]]
    #name = "somewhere"
    #url = "https://models.example.com"
    #api_key_file = "somewhere.key"
    #ca_file = "somewhere.pem"

    """,
  ]
}
