import Foundation
import Testing

/// What the imitated models say, and in which wording.
@Suite struct AnswerTests {
  private static let models = [
    "ollama": "llama3.2:3b", "vllm": "Qwen/Qwen2.5-7B-Instruct", "llamacpp": "any",
    "lmstudio": "a-model", "exo": "org/model", "openai": "gpt-4o-mini", "generic": "local-model",
  ]

  private static func fleet() throws -> RunningSimulator {
    try RunningSimulator(
      "ollama:0", "vllm:0", "llamacpp:0,model=tool-model", "lmstudio:0,model=a-model",
      "exo:0,model=org/model", "openai:0", "generic:0")
  }

  private static func content(_ events: [String], _ key: String = "content") -> String {
    events.compactMap { event -> String? in
      let json = try? JSONSerialization.jsonObject(with: Data(event.utf8)) as? [String: Any]
      let choice = (json?["choices"] as? [[String: Any]])?.first
      return (choice?["delta"] as? [String: Any])?[key] as? String
    }.joined()
  }

  @Test(arguments: models.keys.sorted())
  func streamsTheSameTextThatItAnswersWhole(_ name: String) throws {
    let fleet = try Self.fleet()
    let model = Self.models[name] ?? ""
    let whole = try fleet.chat(name, "Tell me about rivers", model: model)
    let stream = try fleet.chat(name, "Tell me about rivers", model: model, stream: true)
    let choice = (whole.json["choices"] as? [[String: Any]])?.first
    let text = (choice?["message"] as? [String: Any])?["content"] as? String
    #expect(text?.hasPrefix("You said: Tell me about rivers.") == true)
    #expect(Self.content(stream.events) == text)
    #expect(stream.events.last == "[DONE]")
    #expect(stream.hasFinalChunk)
  }

  @Test(arguments: models.keys.sorted())
  func callsATool(_ name: String) throws {
    let fleet = try Self.fleet()
    let tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}}]"
    let question = "What is the weather in Oslo?"
    let model = Self.models[name] ?? ""
    let reply = try fleet.chat(name, question, model: model, more: tools)
    let choice = (reply.json["choices"] as? [[String: Any]])?.first
    #expect(choice?["finish_reason"] as? String == "tool_calls")
    let message = choice?["message"] as? [String: Any]
    let call = (message?["tool_calls"] as? [[String: Any]])?.first
    let function = call?["function"] as? [String: Any]
    #expect(function?["name"] as? String == "get_weather")
    #expect(function?["arguments"] as? String == "{\"city\":\"Oslo\"}")
    let stream = try fleet.chat(name, question, model: model, stream: true, more: tools)
    #expect(stream.body.contains("\"finish_reason\":\"tool_calls\""))
    #expect(stream.events.last == "[DONE]")
  }

  @Test func usageComesOnlyWhenAskedFor() throws {
    let fleet = try Self.fleet()
    let ask = ",\"stream_options\":{\"include_usage\":true}"
    for name in ["ollama", "vllm", "lmstudio", "openai", "generic"] {
      let model = Self.models[name] ?? ""
      let silent = try fleet.chat(name, model: model, stream: true)
      let told = try fleet.chat(name, model: model, stream: true, more: ask)
      #expect(!silent.body.contains("\"usage\":{"), "\(name)")
      #expect(
        told.events.dropLast().last?.contains("\"choices\":[],\"usage\":{") == true, "\(name)")
    }
    // exo tells without being asked, in the last choice.
    let exo = try fleet.chat("exo", model: "org/model", stream: true)
    #expect(exo.body.contains("\"usage\":{\"prompt_tokens\""))
    #expect(exo.body.hasPrefix(": keep-alive\n\n"))
    #expect(exo.header("connection") == "close")
  }

  @Test func firstDeltasDiffer() throws {
    let fleet = try Self.fleet()
    func first(_ name: String) throws -> String {
      try fleet.chat(name, model: Self.models[name] ?? "", stream: true).events.first ?? ""
    }
    #expect(try first("llamacpp").contains("{\"role\":\"assistant\",\"content\":null}"))
    #expect(try first("vllm").contains("{\"role\":\"assistant\",\"content\":\"\"}"))
    #expect(try first("generic").contains("\"delta\":{\"role\":\"assistant\"}"))
  }

  @Test func thinkingModelsThink() throws {
    let fleet = try RunningSimulator(
      "ollama:0,model=qwen3:8b", "llamacpp:0,model=qwen3", "vllm:0,model=qwen3")
    for (name, model, key) in [
      ("ollama", "qwen3:8b", "reasoning"), ("llamacpp", "qwen3", "reasoning_content"),
      ("vllm", "qwen3", "reasoning"),
    ] {
      let stream = try fleet.chat(name, model: model, stream: true)
      #expect(!Self.content(stream.events, key).isEmpty, "\(name)")
      let off = ",\"reasoning_effort\":\"none\""
      let quiet = try fleet.chat(name, model: model, stream: true, more: off)
      #expect(Self.content(quiet.events, key).isEmpty, "\(name)")
    }
  }

  @Test func lengthIsObeyed() throws {
    let fleet = try RunningSimulator("vllm:0,model=m,tps=0")
    let short = try fleet.chat("vllm", more: ",\"max_tokens\":3")
    #expect(short.body.contains("\"completion_tokens\":3"))
    #expect(short.body.contains("\"finish_reason\":\"length\""))
    let long = try fleet.chat("vllm", "Write 300 words", stream: true)
    #expect(long.events.count > 300)
  }

  @Test func embeddingsAreDeterministic() throws {
    let fleet = try RunningSimulator("openai:0,model=text-embed", "llamacpp:0,model=embed")
    let body = "{\"model\":\"text-embed\",\"input\":[\"a\",\"b\",\"a\"]}"
    let data = try fleet.post("openai", "/v1/embeddings", body).json["data"] as? [[String: Any]]
    let vectors = (data ?? []).compactMap { $0["embedding"] as? [Double] }
    #expect(vectors.count == 3)
    #expect(vectors.first == vectors.last && vectors.first != vectors.dropFirst().first)
    let coded = "{\"model\":\"embed\",\"input\":\"a\",\"encoding_format\":\"base64\"}"
    let reply = try fleet.post("llamacpp", "/v1/embeddings", coded)
    let text = (reply.json["data"] as? [[String: Any]])?.first?["embedding"] as? String
    let bytes = text.flatMap { Data(base64Encoded: $0) } ?? Data()
    #expect(bytes.count == vectors[0].count * 4)
    let first = bytes.withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
    #expect(abs(Double(first) - vectors[0][0]) < 1e-6)
  }

  @Test func unknownModelsAreTreatedAsEachServerDoes() throws {
    let fleet = try Self.fleet()
    let statuses = [
      "ollama": 404, "vllm": 404, "openai": 404, "exo": 404, "llamacpp": 200, "lmstudio": 400,
    ]
    for (name, status) in statuses {
      #expect(try fleet.chat(name, model: "no-such").status == status, "\(name)")
    }
    let refused = try fleet.chat("lmstudio", model: "no-such", stream: true)
    #expect(refused.status == 200)
    #expect(refused.body.hasPrefix("event: error\ndata: {\"error\":"))
  }

  @Test func tooLongPromptsAreRefusedAsEachServerDoes() throws {
    let fleet = try RunningSimulator(
      "vllm:0,model=m,ctx=100", "openai:0,model=m,ctx=100", "ollama:0,model=m,ctx=100",
      "exo:0,model=m,ctx=100", "lmstudio:0,model=m,ctx=100")
    let long = String(repeating: "many words ", count: 100)
    #expect(try fleet.chat("vllm", long).body.contains("maximum context length"))
    #expect(try fleet.chat("openai", long).body.contains("context_length_exceeded"))
    #expect(try fleet.chat("ollama", long).status == 400)
    #expect(try fleet.chat("lmstudio", long).status == 400)
    let broken = try fleet.chat("exo", long)
    #expect(broken.status == 200 && !broken.hasFinalChunk)
    let told = try fleet.chat("exo", long, stream: true)
    #expect(told.events.count == 2 && told.events.last == "[DONE]")
  }
}
