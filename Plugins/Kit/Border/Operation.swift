import NexusPluginABI

/// What the host asks for. Valid until `Exchange.begin` returns; copy what is needed later.
public struct Operation {
  /// The kinds of operation, with the values of the ABI.
  public enum Kind: UInt32, Sendable {
    case identify = 1
    case survey, chat, completions, embeddings, rerank, messages, responses
    case countTokens, load, unload

    /// The bit that stands for this kind in the driver table.
    public var bit: UInt64 { 1 << UInt64(rawValue) }
  }

  let raw: nexus_operation
  /// What to do.
  public let kind: Kind

  init?(_ source: UnsafePointer<nexus_operation>) {
    raw = known(source, size: source.pointee.size, zero: nexus_operation())
    guard let kind = Kind(rawValue: raw.kind) else { return nil }
    self.kind = kind
  }

  /// Whether the client asked for a streamed answer.
  public var isStream: Bool { raw.flags & UInt32(NEXUS_FLAG_STREAM) != 0 }

  /// The name that the server knows the model by; empty if the operation has none.
  public var model: [UInt8] { raw.model.copy }

  /// `model` as a JSON string with its quotes.
  public var modelJSON: [UInt8] { raw.model_json.copy }

  /// A copy of the client's body. Costs its size: relayed requests use `Sink.clientBody`.
  public var body: [UInt8] { raw.body.copy }

  /// Length of the client's body in bytes.
  public var bodySize: Int { raw.body.buffer.count }

  /// Whether the backend is configured (or asked for) as `type`.
  public func isBackend(_ type: StaticString) -> Bool { raw.backend_type.equals(type) }

  /// Whether `text` occurs anywhere in the client's body. Tells that a closer look is worth it.
  public func bodyMentions(_ text: StaticString) -> Bool {
    let bytes = raw.body.buffer
    return ByteText.firstIndex(of: text, in: bytes.span) != nil
  }

  /// Where the value of the body's "model" stands, if it has to be replaced; nil if the body can
  /// go as it is.
  var modelEdit: Range<Int>? {
    let size = raw.body.buffer.count
    let start = Int(clamping: raw.model_offset)
    let length = Int(clamping: raw.model_length)
    guard start > 0, length > 0, start <= size, length <= size - start else { return nil }
    guard raw.model_json.size > 0, let data = raw.body.data else { return nil }
    let current = nexus_slice(data: data + start, size: UInt64(length))
    return current.equals(raw.model_json) ? nil : start..<(start + length)
  }
}
