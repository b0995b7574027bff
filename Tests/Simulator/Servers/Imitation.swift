/// How one kind of server behaves on the wire.
protocol Imitation {
  var style: HeadStyle { get }
  /// The Content-Type of its JSON answers.
  var jsonType: String { get }
  /// The models that it has, from names of the command line or its own defaults.
  func models(_ names: [String], context: Int?) -> [SimModel]
  func serve(_ exchange: Exchange, _ backend: Backend)
  /// Answers with an error in the server's own shape.
  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)])
  /// What it writes when something breaks after the stream has begun.
  func streamError(_ message: String) -> [String]
  /// Whether a request asks for a model to be brought into memory, and for nothing else.
  func isLoad(_ request: Request) -> Bool
  /// A model has come into memory.
  func loaded(_ model: SimModel, _ backend: Backend)
}

extension Imitation {
  var jsonType: String { "application/json" }
  func isLoad(_ request: Request) -> Bool { false }
  func loaded(_ model: SimModel, _ backend: Backend) {}

  func json(
    _ exchange: Exchange, _ body: JSON, status: Int = 200, extra: [(String, String)] = []
  ) {
    exchange.respond(status, type: jsonType, body.bytes, extra: extra)
  }

  func text(_ exchange: Exchange, _ body: String, status: Int = 200, type: String) {
    exchange.respond(status, type: type, Array(body.utf8))
  }

  func fail(_ exchange: Exchange, _ status: Int, _ message: String) {
    fail(exchange, status, message, extra: [])
  }

  /// The body as JSON; otherwise answers 400 with `complaint` and gives nil.
  func parsed(_ exchange: Exchange, _ complaint: (JSONError) -> String) -> JSON? {
    do throws(JSONError) {
      return try JSONParser.parse(exchange.request.body)
    } catch {
      fail(exchange, 400, complaint(error))
      return nil
    }
  }

  /// The key that the request shows as Bearer.
  func bearer(_ request: Request) -> String? {
    guard let value = request.header("authorization"), value.hasPrefix("Bearer ") else {
      return nil
    }
    return String(value.dropFirst(7))
  }
}

/// The kinds of server that can be imitated, as written on the command line.
enum ServerKind: String, CaseIterable {
  case ollama, vllm, llamacpp
  case llamacppRouter = "llamacpp-router"
  case lmstudio, exo, openai, generic

  var imitation: any Imitation {
    switch self {
    case .ollama: Ollama()
    case .vllm: VLLM()
    case .llamacpp: LlamaCpp()
    case .llamacppRouter: LlamaCppRouter()
    case .lmstudio: LMStudio()
    case .exo: Exo()
    case .openai: OpenAI(isCloud: true)
    case .generic: OpenAI(isCloud: false)
    }
  }
}
