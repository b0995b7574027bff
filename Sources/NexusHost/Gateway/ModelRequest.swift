import Drivers
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

  /// What routing has to know of it.
  func facts(_ mode: RequestFacts.Mode) -> RequestFacts {
    RequestFacts(model: String(decoding: model, as: UTF8.self), operation: kind, mode: mode)
  }

  private static let members: [StaticString] = ["model", "stream", "messages", "input"]
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
    return ModelRequest(kind: kind, model: model, modelRange: node.range, stream: stream)
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
