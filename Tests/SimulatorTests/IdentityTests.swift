import Foundation
import Testing

/// Each server answers the questions by which drivers tell the six apart, and the others' questions
/// as the real one does.
@Suite struct IdentityTests {
  private static func fleet() throws -> RunningSimulator {
    try RunningSimulator(
      "ollama:0", "vllm:0", "llamacpp:0", "llamacpp-router:0", "lmstudio:0", "exo:0", "openai:0",
      "generic:0")
  }

  @Test func announcesEveryBackendAndTheControlEndpoint() throws {
    let names = try IdentityTests.fleet().names
    #expect(
      names.isSuperset(of: [
        "ollama", "vllm", "llamacpp", "llamacpp-router", "lmstudio", "exo", "openai", "generic",
        "control",
      ]))
  }

  @Test func answersItsOwnMark() throws {
    let fleet = try IdentityTests.fleet()
    #expect(try fleet.get("lmstudio", "/lmstudio-greeting").body == "{\"lmstudio\":true}")
    #expect(try fleet.get("llamacpp", "/props").json["total_slots"] as? Int == 4)
    #expect(try fleet.get("llamacpp-router", "/props").json["role"] as? String == "router")
    #expect(try fleet.get("exo", "/node_id").body.hasPrefix("\"12D3"))
    #expect(try fleet.get("exo", "/state").json.keys.contains("runners"))
    #expect(try fleet.get("vllm", "/version").json.keys.sorted() == ["version"])
    #expect(try fleet.get("ollama", "/api/version").json.keys.sorted() == ["version"])
    #expect(try fleet.get("ollama", "/").body == "Ollama is running")
    #expect(try fleet.get("openai", "/v1/models").header("server") == "cloudflare")
  }

  @Test(arguments: [
    ("ollama", 404, "404 page not found"), ("vllm", 404, "{\"detail\":\"Not Found\"}"),
    (
      "llamacpp", 404,
      "{\"error\":{\"message\":\"File Not Found\",\"type\":\"not_found_error\",\"code\":404}}"
    ),
    ("lmstudio", 200, "{\"error\":\"Unexpected endpoint or method. (GET /nothing)\"}"),
    (
      "exo", 404,
      "{\"error\":{\"message\":\"Not Found\",\"type\":\"Not Found\",\"param\":null,\"code\":404}}"
    ),
  ])
  func answersUnknownPathsAsTheRealOne(_ name: String, _ status: Int, _ body: String) throws {
    let reply = try IdentityTests.fleet().get(name, "/nothing")
    #expect(reply.status == status)
    #expect(reply.body == body)
  }

  @Test func listsModelsUnderEachOwner() throws {
    let fleet = try IdentityTests.fleet()
    let owners = [
      "ollama": "library", "vllm": "vllm", "llamacpp": "llamacpp", "exo": "exo",
      "lmstudio": "organization_owner", "openai": "system",
    ]
    for (name, owner) in owners {
      let data = try fleet.get(name, "/v1/models").json["data"] as? [[String: Any]]
      #expect(data?.first?["owned_by"] as? String == owner, "\(name)")
    }
  }

  @Test func keysGuardWhatTheyGuard() throws {
    let fleet = try RunningSimulator(
      "llamacpp:0,api-key=k", "vllm:0,api-key=k", "openai:0,api-key=k", "ollama:0,api-key=k")
    let right = ["Authorization: Bearer k"]
    #expect(try fleet.get("llamacpp", "/v1/models").status == 401)
    #expect(try fleet.get("llamacpp", "/health").status == 200)
    #expect(try fleet.get("llamacpp", "/v1/models", headers: ["X-Api-Key: k"]).status == 200)
    #expect(try fleet.get("vllm", "/v1/models").body == "{\"error\":\"Unauthorized\"}")
    #expect(try fleet.get("vllm", "/v1/models", headers: ["X-Api-Key: k"]).status == 401)
    #expect(try fleet.get("vllm", "/metrics").status == 200)
    #expect(try fleet.get("vllm", "/v1/models", headers: right).status == 200)
    let refused = try fleet.get("openai", "/v1/models", headers: ["Authorization: Bearer x"])
    #expect((refused.json["error"] as? [String: Any])?["code"] as? String == "invalid_api_key")
    #expect(try fleet.get("ollama", "/v1/models").status == 200)
  }

  @Test func ollamaRefusesForeignHostNames() throws {
    let fleet = try RunningSimulator("ollama:0")
    let client = try WireClient(fleet.port("ollama"))
    let reply = client.exchange("GET /api/tags HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    #expect(reply.status == 403)
    #expect(reply.body.isEmpty)
  }
}
