import Text

/// The name of a model as a client writes it, decoded: as bytes and as text. A connection keeps the
/// last one, since most clients ask for the same again and again.
struct ModelName {
  private(set) var bytes: [UInt8] = []
  private(set) var text = ""

  init() {}

  /// What a body says; nil where that is no string. `known` if it is the same.
  init?(_ node: JSONNode, in body: Span<UInt8>, known: ModelName) {
    if known.isWritten(node, in: body) {
      self = known
      return
    }
    guard let bytes = node.text(in: body) else { return nil }
    self.bytes = bytes
    text = String(decoding: bytes, as: UTF8.self)
  }

  init(_ request: ModelRequest) {
    bytes = request.model
    text = request.modelText
  }

  /// Whether the node is this name without an escape.
  private func isWritten(_ node: JSONNode, in body: Span<UInt8>) -> Bool {
    let range = node.range
    guard node.kind == .string, range.upperBound <= body.count, range.count == bytes.count + 2
    else {
      return false
    }
    for index in bytes.indices {
      let byte = body[range.lowerBound + 1 + index]
      guard byte == bytes[index], byte != UInt8(ascii: "\\") else { return false }
    }
    return true
  }
}
