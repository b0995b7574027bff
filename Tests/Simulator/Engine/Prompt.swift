/// What the simulator reads out of an inference request.
struct Prompt {
  enum Kind { case chat, completion }

  let kind: Kind
  let body: JSON
  let model: String?
  let isStream: Bool
  /// The text to answer: the last user message, or the prompt.
  let question: String
  let messages: Int
  let tokens: Int
  /// The text of each message.
  let texts: [String]
  /// Tokens of the longest single message, for servers that drop the others silently.
  let longestMessage: Int
  let limit: Int?
  let hasImage: Bool
  private let lastRole: String

  init(_ kind: Kind, _ body: JSON, limitKeys: [String] = ["max_completion_tokens", "max_tokens"]) {
    self.kind = kind
    self.body = body
    model = body["model"]?.string
    isStream = body["stream"]?.bool ?? false
    limit = limitKeys.lazy.compactMap { body[$0]?.int }.first { $0 >= 0 }
    let turns = body["messages"]?.array ?? []
    let texts = kind == .chat ? turns.map(Prompt.text) : [Prompt.promptText(body["prompt"])]
    let sizes = texts.map(Prompt.size)
    let tools = body["tools"].map { $0.text().utf8.count / 4 } ?? 0
    self.texts = texts
    messages = turns.count
    tokens = sizes.reduce(tools, +)
    longestMessage = sizes.max() ?? 0
    hasImage = turns.contains { Prompt.parts($0).contains { $0["type"]?.string == "image_url" } }
    lastRole = turns.last?["role"]?.string ?? "user"
    let user = turns.lastIndex { $0["role"]?.string == "user" }
    question = kind == .chat ? user.map { texts[$0] } ?? texts.last ?? "" : texts[0]
  }

  /// Tokens of a prompt of which the first messages are in a cache.
  func tokens(beyond messages: Int) -> Int {
    texts.prefix(messages).reduce(tokens) { $0 - Prompt.size($1) }
  }

  private static func size(_ text: String) -> Int { (text.utf8.count + 3) / 4 + 4 }

  /// Is the usage chunk asked for?
  var wantsUsage: Bool { body["stream_options"]?["include_usage"]?.bool ?? false }
  var wantsThought: Bool {
    body["reasoning_effort"]?.string != "none" && body["think"]?.bool != false
  }

  /// The function to call: when tools are offered and the question is about the weather.
  var calledFunction: String? {
    guard let tools = body["tools"]?.array, !tools.isEmpty, lastRole == "user",
      body["tool_choice"]?.string != "none", question.lowercased().contains("weather")
    else { return nil }
    let names = tools.compactMap { $0["function"]?["name"]?.string ?? $0["name"]?.string }
    return names.contains("get_weather") ? "get_weather" : names.first
  }

  private static func parts(_ message: JSON) -> [JSON] { message["content"]?.array ?? [] }

  private static func text(_ message: JSON) -> String {
    message["content"]?.string
      ?? parts(message).compactMap { $0["text"]?.string }.joined(separator: "\n")
  }

  private static func promptText(_ prompt: JSON?) -> String {
    prompt?.string ?? prompt?.array?.compactMap(\.string).joined(separator: "\n") ?? ""
  }
}
