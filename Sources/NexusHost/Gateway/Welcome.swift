import Fleet

/// What somebody sees who opens the address in a browser.
enum Welcome {
  static func text(_ shared: GatewayShared, _ fleet: FleetSnapshot) -> [UInt8] {
    var lines = ["Nexus \(shared.version) is running.", ""]
    if fleet.members.isEmpty {
      lines.append("No backend is known yet: start one, or name it with --backend URL.")
    }
    for member in fleet.members {
      let backend = member.backend
      let models = member.models.count == 1 ? "1 model" : "\(member.models.count) models"
      lines.append(
        "\(backend.name)  \(backend.kind?.type ?? "unknown")  \(member.state)  \(models)")
    }
    lines += ["", "OpenAI-compatible API: /v1   models: /v1/models   health: /health", ""]
    return Array(lines.joined(separator: "\n").utf8)
  }
}
