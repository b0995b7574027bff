import Drivers
import Fleet
import HTTP
import Net
import Routing
import Text

/// What a request for a model says, as far as the host has to know it.
struct ModelRequest {
  let kind: OperationKind
  /// The model asked for, decoded.
  let model: [UInt8]
  /// Where its name stands in the body, quotes included.
  let modelRange: Range<Int>
  let stream: Bool
  /// What it may cost.
  let spending: Spending

  /// What routing has to know of it.
  func facts(_ mode: RequestFacts.Mode) -> RequestFacts {
    var facts = RequestFacts(
      model: String(decoding: model, as: UTF8.self), operation: kind, mode: mode)
    facts.isWhole = isWhole
    return facts
  }

  /// Whether the answer is generated and comes in one piece.
  var isWhole: Bool { !stream && kind != .embeddings && kind != .rerank }

  private static let members: [StaticString] = [
    "model", "stream", "messages", "input", "max_completion_tokens", "max_tokens",
    "max_output_tokens", "n",
  ]
  /// What an answer is taken for whose length nobody limits, in tokens.
  private static let usualAnswer: UInt64 = 4_096
  /// Bytes of a request that make a token, about.
  private static let bytesPerToken = 4
  /// OpenAI's limit for the inputs of one embeddings request.
  private static let maxInputs = 2048

  /// Reads a body in one pass. `found` is scratch that is used again. Throws what the client is
  /// told: the byte or the field that is wrong.
  static func read(
    _ kind: OperationKind, _ body: Span<UInt8>, scratch found: inout [JSONNode?]
  ) throws(APIError) -> ModelRequest {
    guard !body.isEmpty else {
      throw .invalid("The request has no body. Send a JSON object.")
    }
    do {
      try JSONObjectScan.scan(body, wanted: members, found: &found)
    } catch {
      throw .invalid(
        "The request body is not valid JSON: \(error.message) at byte \(error.offset).")
    }
    guard let node = found[0], let model = node.text(in: body) else {
      let why = found[0] == nil ? "is missing" : "must be a string"
      throw .invalid("The field 'model' \(why).", param: "model")
    }
    guard !model.isEmpty else { throw .invalid("The field 'model' is empty.", param: "model") }
    let stream = try isStream(found[1], body)
    switch kind {
    case .chat:
      guard found[2]?.kind == .array else {
        let why = found[2] == nil ? "is missing" : "must be an array"
        throw .invalid("The field 'messages' \(why).", param: "messages")
      }
    case .embeddings: try checkInput(found[3], body)
    default: break
    }
    return ModelRequest(
      kind: kind, model: model, modelRange: node.range, stream: stream,
      spending: spending(kind, body, found))
  }

  /// The most that the request can cost: all of its bytes as prompt, and the longest answers that it
  /// allows.
  private static func spending(
    _ kind: OperationKind, _ body: Span<UInt8>, _ found: [JSONNode?]
  ) -> Spending {
    let prompt = UInt64((body.count + bytesPerToken - 1) / bytesPerToken)
    switch kind {
    case .embeddings, .rerank: return Spending(promptTokens: prompt)
    default:
      let limit =
        number(found[4], in: body) ?? number(found[5], in: body) ?? number(found[6], in: body)
        ?? usualAnswer
      let count = min(max(1, number(found[7], in: body) ?? 1), 128)
      return Spending(promptTokens: prompt, answerTokens: min(limit, 1 << 32) * count)
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

  private static func checkInput(_ node: JSONNode?, _ body: Span<UInt8>) throws(APIError) {
    guard let node else { throw .invalid("The field 'input' is missing.", param: "input") }
    guard node.kind == .string || node.kind == .array else {
      throw .invalid("The field 'input' must be a string or an array.", param: "input")
    }
    guard node.kind == .array else {
      guard node.range.count > 2 else { throw .invalid("Input must not be empty", param: "input") }
      return
    }
    let list = body.extracting(node.range).withUnsafeBufferPointer { Array($0) }
    var count = 0
    if let document = JSONDocument(list) {
      document.forEachElement(document.root) { _ in count += 1 }
    }
    guard count > 0 else { throw .invalid("Input must not be empty", param: "input") }
    guard count <= maxInputs else {
      throw .invalid("Batch size \(count) exceeds maximum of \(maxInputs)", param: "input")
    }
  }
}
