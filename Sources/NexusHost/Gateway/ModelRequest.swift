import Drivers
import Fleet
import HTTP
import Net
import Routing
import Text

/// What a request for a model says, as far as the host has to know it. Immutable; an object, because it
/// is handed around more often than it is made.
final class ModelRequest: Sendable {
  let kind: OperationKind
  /// The model asked for, decoded.
  let model: [UInt8]
  /// The same as text.
  let modelText: String
  /// Where its name stands in the body, quotes included.
  let modelRange: Range<Int>
  let stream: Bool
  /// What a model should be able to do for it.
  let needs: Abilities
  /// How much the model has to read.
  let prompt: PromptSize
  /// The longest answer that the client allows, in tokens; 0 where it says nothing.
  let answerLimit: UInt64
  /// What it may cost.
  let spending: Spending

  private init(
    _ kind: OperationKind, _ name: ModelName, at modelRange: Range<Int>, stream: Bool,
    needs: Abilities, _ prompt: PromptSize, answerLimit: UInt64, _ spending: Spending
  ) {
    self.kind = kind
    model = name.bytes
    modelText = name.text
    self.modelRange = modelRange
    self.stream = stream
    self.needs = needs
    self.prompt = prompt
    self.answerLimit = answerLimit
    self.spending = spending
  }

  /// What routing has to know of it.
  func facts(_ mode: RequestFacts.Mode) -> RequestFacts {
    var facts = RequestFacts(
      model: modelText, operation: kind, mode: mode, needs: needs, prompt: prompt)
    facts.answerLimit = answerLimit
    facts.isWhole = isWhole
    return facts
  }

  /// Whether the answer is generated and comes in one piece.
  var isWhole: Bool { !stream && kind != .embeddings && kind != .rerank }

  /// What an answer is taken for whose length nobody limits, in tokens.
  private static let usualAnswer: UInt64 = 4_096
  /// OpenAI's limit for the inputs of one embeddings request.
  private static let maxInputs = 2048

  /// Reads a body in one pass. `outline` is scratch that is used again; what it
  /// says of the conversation stays there until the next request. `known`: a name that clients ask for
  /// again and again. Throws what the client is told: the byte or the field that is wrong.
  static func read(
    _ kind: OperationKind, _ body: Span<UInt8>, scratch outline: inout RequestOutline,
    known: ModelName = ModelName()
  ) throws(APIError) -> ModelRequest {
    guard !body.isEmpty else {
      throw .invalid("The request has no body. Send a JSON object.")
    }
    do {
      try RequestScan.read(body, into: &outline)
    } catch {
      throw .invalid(
        "The request body is not valid JSON: \(error.message) at byte \(error.offset).")
    }
    guard let node = outline.model, let name = ModelName(node, in: body, known: known) else {
      let why = outline.model == nil ? "is missing" : "must be a string"
      throw .invalid("The field 'model' \(why).", param: "model")
    }
    guard !name.bytes.isEmpty else { throw .invalid("The field 'model' is empty.", param: "model") }
    let stream = try isStream(outline.stream, body)
    switch kind {
    case .chat:
      guard outline.messages?.kind == .array else {
        let why = outline.messages == nil ? "is missing" : "must be an array"
        throw .invalid("The field 'messages' \(why).", param: "messages")
      }
    case .embeddings: try checkInput(outline)
    default: break
    }
    let prompt = PromptSize(outline)
    let limit =
      number(outline.maxCompletionTokens, in: body) ?? number(outline.maxTokens, in: body)
      ?? number(outline.maxOutputTokens, in: body)
    let choices = min(max(1, number(outline.choices, in: body) ?? 1), 128)
    return ModelRequest(
      kind, name, at: node.range, stream: stream, needs: Abilities(outline), prompt,
      answerLimit: min(limit ?? 0, 1 << 32),
      spending(kind, prompt, body.count, limit, choices))
  }

  /// The most that the request can cost, before anything is known of the model's tokenizer: a token
  /// for four bytes of the body, whatever they are, and the longest answers that it allows.
  private static func spending(
    _ kind: OperationKind, _ prompt: PromptSize, _ bytes: Int, _ limit: UInt64?, _ choices: UInt64
  ) -> Spending {
    let tokens = max(UInt64((bytes + 3) / 4), prompt.tokens())
    switch kind {
    case .embeddings, .rerank: return Spending(promptTokens: tokens)
    default:
      return Spending(
        promptTokens: tokens, answerTokens: min(limit ?? usualAnswer, 1 << 32) * choices)
    }
  }

  /// A whole number that is not negative, or nil.
  private static func number(_ node: JSONNode?, in body: Span<UInt8>) -> UInt64? {
    guard let node, node.kind == .number, node.range.count < 19 else { return nil }
    var value: UInt64 = 0
    for index in node.range {
      let digit = body[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + UInt64(digit)
    }
    return value
  }

  private static func isStream(_ node: JSONNode?, _ body: Span<UInt8>) throws(APIError) -> Bool {
    guard let node, node.kind != .null else { return false }
    guard node.kind == .bool else {
      throw .invalid("The field 'stream' must be true or false.", param: "stream")
    }
    return body[node.start] == UInt8(ascii: "t")
  }

  private static func checkInput(_ outline: RequestOutline) throws(APIError) {
    guard let node = outline.input else {
      throw .invalid("The field 'input' is missing.", param: "input")
    }
    guard node.kind == .string || node.kind == .array else {
      throw .invalid("The field 'input' must be a string or an array.", param: "input")
    }
    let count = node.kind == .array ? outline.inputs : node.range.count - 2
    guard count > 0 else { throw .invalid("Input must not be empty", param: "input") }
    guard node.kind == .string || count <= maxInputs else {
      throw .invalid("Batch size \(count) exceeds maximum of \(maxInputs)", param: "input")
    }
  }
}

extension PromptSize {
  /// The size of the prompt of a request.
  init(_ outline: RequestOutline) {
    self.init(
      bytes: UInt64(outline.size.bytes), messages: outline.messageCount,
      images: outline.images + outline.sounds + outline.files,
      knownTokens: UInt64(outline.size.tokens))
    if outline.largest != outline.size {
      largest = Input(
        bytes: UInt64(outline.largest.bytes), knownTokens: UInt64(outline.largest.tokens))
    }
  }
}

extension Abilities {
  /// What a request needs of a model. Files are nobody's known ability, and pass.
  init(_ outline: RequestOutline) {
    self = []
    if outline.images > 0 { insert(.vision) }
    if outline.sounds > 0 { insert(.audio) }
    if outline.hasTools { insert(.tools) }
    if outline.wantsJSON { insert(.json) }
    if outline.wantsReasoning { insert(.reasoning) }
  }
}
