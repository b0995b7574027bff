import Drivers

/// What to tell somebody whose model server does not answer: how it is started, and how it is made to
/// listen to more than its own machine.
struct ServerAdvice {
  let start: String
  let listenWidely: String

  /// By the type, or else by a port that one kind of server alone uses.
  init(type: String?, port: UInt16) {
    switch type ?? Self.usualType[port] {
    case "ollama":
      start = "start it with 'ollama serve'"
      listenWidely =
        "set OLLAMA_HOST=0.0.0.0 for Ollama (in its service: systemctl edit ollama,"
        + " Environment=OLLAMA_HOST=0.0.0.0) and restart it"
    case "lmstudio":
      start = "start the server in LM Studio's Developer tab, or with 'lms server start'"
      listenWidely = "switch on 'Serve on Local Network' in LM Studio's server settings"
    case "llamacpp":
      start = "start it with 'llama-server -m MODEL.gguf --port \(port)'"
      listenWidely = "start llama-server with --host 0.0.0.0"
    case "vllm":
      start = "start it with 'vllm serve MODEL --port \(port)'"
      listenWidely = "start vLLM with --host 0.0.0.0"
    case "exo":
      start = "start it with 'exo'"
      listenWidely = "start exo so that it listens on all addresses"
    default:
      start = "start the server, or correct the address"
      listenWidely = "make the server listen on 0.0.0.0, not on 127.0.0.1 alone"
    }
  }

  private static let usualType: [UInt16: String] = [
    11434: "ollama", 1234: "lmstudio", 8080: "llamacpp", 52415: "exo",
  ]
}
