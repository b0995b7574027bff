import HTTP
import Text

/// Rules that no single value can break: what must fit together.
struct SettingsCheck {
  private(set) var loaded: Loaded
  private var settings: Settings { loaded.settings }

  /// Adds what is wrong to what was loaded.
  static func run(_ loaded: inout Loaded) {
    var check = SettingsCheck(loaded: loaded)
    check.checkWeights()
    check.checkBudget()
    check.checkFallbacks()
    check.checkTrust()
    check.checkPolicies()
    check.checkBackends()
    loaded = check.loaded
    AliasCheck.run(&loaded)
  }

  private mutating func checkWeights() {
    let weights = settings.routing.weights
    guard weights.priority == 0, weights.load == 0, weights.latency == 0 else { return }
    loaded.report(
      .error, at: "routing.weights",
      "Invalid value for 'routing.weights': all are zero, so nothing would count;"
        + " give one of them more.")
  }

  private mutating func checkBudget() {
    let path = "routing.budget.soft_limit_percent"
    let percent = settings.budget.softLimitPercent
    guard percent > 0, percent <= 1, loaded.origins[path] != nil else { return }
    loaded.report(
      .warning, at: path,
      "'\(path)': \(percent) is less than one per cent or one; for three quarters write 75.0.")
  }

  private mutating func checkFallbacks() {
    for (model, chain) in settings.routing.fallbacks.sorted(by: { $0.key < $1.key })
    where chain.contains(model) {
      let path = "routing.fallbacks.\(SettingValue.key(model))"
      loaded.report(
        .error, at: path,
        "Invalid value for '\(path)': '\(model)' cannot stand in for itself; leave it out.")
    }
  }

  /// A table that asks for nothing would trust everybody.
  private mutating func checkTrust() {
    for (index, trust) in settings.discovery.trust.enumerated() {
      let path = "discovery.trust[\(index)]"
      let isGiven = ["name", "address", "ca_file"].contains {
        loaded.places["\(path).\($0)"] != nil
      }
      guard trust.name == nil, trust.address == nil, trust.caFile == nil, !isGiven else { continue }
      loaded.report(
        .error, at: path,
        "'\(path)' would trust every server; say which with name, address or ca_file.")
    }
  }

  private mutating func checkPolicies() {
    var catchAll: Int?
    for (index, policy) in settings.routing.policies.enumerated() {
      let path = "routing.policies[\(index)]"
      if let catchAll {
        loaded.report(
          .warning, at: path,
          "'\(path)' has no effect, since 'routing.policies[\(catchAll)]' before it matches every"
            + " model; put the one for \"*\" last.")
      }
      let isSaid = loaded.places["\(path).model_pattern"] != nil
      if policy.modelPattern == "*", isSaid, catchAll == nil { catchAll = index }
    }
  }

  // MARK: - Backends

  private mutating func checkBackends() {
    for (index, backend) in settings.backends.enumerated() {
      let path = "backends[\(index)]"
      checkUnique(backend, index)
      if backend.keyVariable != nil, backend.keyFile != nil {
        loaded.report(
          .error, at: "\(path).api_key_file",
          "'\(path)' has api_key_env and api_key_file; keep one of the two.")
      }
      if let need = CloudService.need(of: backend), !hasKey(backend, path) {
        loaded.report(
          .error, at: path,
          "Backend '\(backend.name)' \(need.reason) requires 'api_key_env' field:"
            + " api_key_env = \"\(need.variable)\" (or api_key_file).")
      }
    }
  }

  /// Whether it names a key, be it one that cannot be used.
  private func hasKey(_ backend: Settings.Backend, _ path: String) -> Bool {
    backend.keyVariable != nil || backend.keyFile != nil
      || loaded.places["\(path).api_key_env"] != nil || loaded.places["\(path).api_key_file"] != nil
  }

  /// Names and addresses tell backends apart.
  private mutating func checkUnique(_ backend: Settings.Backend, _ index: Int) {
    let path = "backends[\(index)]"
    let others = settings.backends[..<index]
    if !backend.name.isEmpty, let other = others.firstIndex(where: { $0.name == backend.name }) {
      loaded.report(
        .error, at: "\(path).name",
        "\(head(index, "name"))'\(backend.name)' is the name of \(describe(other)) already;"
          + " give each its own.")
    }
    guard !backend.endpoint.host.isEmpty else { return }
    let url = backend.endpoint.url
    if let other = others.firstIndex(where: { $0.endpoint.url == url }) {
      loaded.report(
        .error, at: "\(path).url",
        "\(head(index, "url"))\(url) is \(describe(other)) already; name each server once.")
    }
  }

  /// What a message about a backend begins with.
  private func head(_ index: Int, _ key: String) -> String {
    let path = "backends[\(index)]"
    guard loaded.origins[path] == nil else { return "--backend: " }
    return "Invalid value for '\(path).\(key)': "
  }

  /// "the backend in line 12", "the backend 'gpu' of --backend".
  private func describe(_ index: Int) -> String {
    let path = "backends[\(index)]"
    if let place = loaded.places[path] { return "the backend in line \(place.line)" }
    return "the backend '\(settings.backends[index].name)'"
  }
}

/// Services that answer nobody without a key.
enum CloudService {
  private static let types = [
    "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "google": "GOOGLE_API_KEY",
  ]
  private static let hosts = [
    "api.openai.com": "OPENAI_API_KEY", "api.anthropic.com": "ANTHROPIC_API_KEY",
    "generativelanguage.googleapis.com": "GOOGLE_API_KEY", "openrouter.ai": "OPENROUTER_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY", "api.groq.com": "GROQ_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY", "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.x.ai": "XAI_API_KEY", "api.perplexity.ai": "PERPLEXITY_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
  ]

  /// Why a backend needs a key, and the usual name of its variable; nil if it needs none. A server of
  /// this machine needs none, whatever it speaks.
  static func need(of backend: Settings.Backend) -> (reason: String, variable: String)? {
    guard !backend.endpoint.isLoopback else { return nil }
    if let type = backend.type, let variable = types[type] {
      return ("of type \(type)", variable)
    }
    return hosts[backend.endpoint.host].map { ("at \(backend.endpoint.host)", $0) }
  }
}
