import Config
import HTTP

/// The body of `POST /backends`.
enum NewBackend {
  private static let members = [
    "url", "name", "type", "priority", "zone", "tier", "api_key_env", "max_concurrent",
  ]

  static func read(_ body: [UInt8]) throws(AdminError) -> Settings.Backend {
    let body = try AdminBody(body, members: members)
    guard let url = try body.text("url") else {
      throw .bad("'url' is missing; send {\"url\":\"http://HOST:PORT\"}.")
    }
    let endpoint: Endpoint
    do {
      endpoint = try Endpoint.parse(url)
    } catch {
      throw .bad("'url' \(error).")
    }
    var backend = Settings.Backend(
      name: try body.text("name") ?? endpoint.authority, endpoint: endpoint,
      type: try body.text("type")?.lowercased())
    backend.priority = try body.integer("priority", in: priorities) ?? backend.priority
    backend.tier = try body.integer("tier", in: 1...5) ?? backend.tier
    backend.zone = try body.word("zone", as: Settings.Zone.self)
    backend.maxConcurrent = try body.integer("max_concurrent", in: 1...1_000_000)
    backend.keyVariable = try body.text("api_key_env")
    if let variable = backend.keyVariable, !SettingText.isVariable(variable) {
      throw .bad(
        "'api_key_env' names an environment variable of the gateway, such as OPENAI_API_KEY;"
          + " a key itself does not belong here.")
    }
    return backend
  }

  private static let priorities = Int(Int32.min)...Int(Int32.max)
}
