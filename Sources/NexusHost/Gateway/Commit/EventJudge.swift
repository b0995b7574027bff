import Text

/// What one event of a stream is to its client.
enum EventKind: Int, Comparable {
  /// It says that an answer is coming, and nothing of it.
  case preamble
  /// A part of the answer, or anything that is not known to be less.
  case output
  /// The server gave up.
  case failure

  static func < (left: EventKind, right: EventKind) -> Bool { left.rawValue < right.rawValue }
}

/// Judges an event by itself: of chat and text completions, of OpenAI's Responses and of Anthropic's
/// Messages. Whatever it does not know, or whatever it knows and is not empty, is output: committing
/// too early costs a failover, committing too late would cost the client its answer twice.
struct EventJudge {
  private let document: JSONDocument
  /// How deep a value may be nested that counts as empty.
  private static let blankDepth = 4

  /// - Parameters:
  ///   - name: from the `event:` lines; empty if there were none.
  ///   - data: from the `data:` lines.
  static func kind(_ name: Span<UInt8>, _ data: Span<UInt8>) -> EventKind {
    if name.count == 5, ByteSearch.holds(name, 0, "error") { return .failure }
    var text: [UInt8] = []
    text.append(data, 0..<data.count)
    if text.allSatisfy({ $0 <= 0x20 }) { return .preamble }
    // Such as [DONE].
    guard let document = JSONDocument(text), document.root.kind == .object else { return .output }
    return EventJudge(document: document).root()
  }

  private func root() -> EventKind {
    var type: JSONNode?
    let kind = chunk { type = $0 }
    return type.map(typed) ?? kind
  }

  /// A chunk of a completion, unless it turns out to have a type.
  private func chunk(_ isTyped: (JSONNode) -> Void) -> EventKind {
    worst(document.root) { key, value in
      if value.kind == .string, isAny(key, ["type"]) { isTyped(value) }
      if isAny(key, ["error"]) { return value.kind == .null ? .preamble : .failure }
      if isAny(key, ["object"]) {
        return document.equals(value, "error") ? .failure : .preamble
      }
      if isAny(key, ["choices"]) { return choices(value) }
      if isAny(key, ["usage"]) { return usage(value) }
      return blank(key, value, but: Self.rootNotes)
    }
  }

  /// What may stand in a chunk beside the answer.
  private static let rootNotes: [StaticString] = [
    "id", "created", "model", "system_fingerprint", "service_tier", "provider", "obfuscation",
    "prompt_filter_results",
  ]

  // MARK: Chunks

  private func choices(_ value: JSONNode) -> EventKind {
    guard value.kind == .array else { return value.kind == .null ? .preamble : .output }
    var kind = EventKind.preamble
    document.forEachElement(value) { choice in
      guard choice.kind == .object else { return kind = max(kind, .output) }
      kind = max(
        kind,
        worst(choice) { key, value in
          if isAny(key, ["delta"]) { return delta(value) }
          return blank(key, value, but: ["index", "content_filter_results"])
        })
    }
    return kind
  }

  private func delta(_ value: JSONNode) -> EventKind {
    guard value.kind == .object else { return isBlank(value) ? .preamble : .output }
    return worst(value) { key, value in blank(key, value, but: ["role", "type"]) }
  }

  /// Servers that count as they go say so from the first chunk on.
  private func usage(_ value: JSONNode) -> EventKind {
    guard value.kind == .object else { return value.kind == .null ? .preamble : .output }
    return worst(value) { key, value in
      guard isAny(key, ["completion_tokens", "output_tokens"]) else { return .preamble }
      return value.kind == .null || document.integer(value) == 0 ? .preamble : .output
    }
  }

  // MARK: Events with a type

  private func typed(_ type: JSONNode) -> EventKind {
    if isAny(type, ["error", "response.failed"]) { return .failure }
    guard isAny(type, Self.preambleTypes) else { return hasError ? .failure : .output }
    return worst(document.root) { key, value in
      if isAny(key, ["error"]) { return value.kind == .null ? .preamble : .failure }
      if isAny(key, ["message"]) { return members(value, but: Self.messageNotes) }
      if isAny(key, ["response"]) { return response(value) }
      if isAny(key, ["content_block", "part"]) { return members(value, but: ["type"]) }
      if isAny(key, ["item"]) { return members(value, but: ["id", "type", "status", "role"]) }
      if isAny(key, ["delta"]) { return delta(value) }
      return blank(key, value, but: Self.typedNotes)
    }
  }

  private static let preambleTypes: [StaticString] = [
    "message_start", "ping", "content_block_start", "content_block_delta", "response.created",
    "response.queued", "response.in_progress", "response.output_item.added",
    "response.content_part.added",
  ]

  private static let typedNotes: [StaticString] = [
    "type", "index", "sequence_number", "output_index", "content_index", "item_id", "obfuscation",
  ]

  private static let messageNotes: [StaticString] = ["id", "type", "role", "model", "usage"]

  /// A response repeats what was asked for; only what is made of it matters.
  private func response(_ value: JSONNode) -> EventKind {
    worst(value) { key, value in
      if isAny(key, ["error"]) { return value.kind == .null ? .preamble : .failure }
      if isAny(key, ["status"]) { return isAny(value, ["failed"]) ? .failure : .preamble }
      guard isAny(key, ["output", "output_text"]) else { return .preamble }
      return isBlank(value) ? .preamble : .output
    }
  }

  private var hasError: Bool {
    guard let error = document.member("error") else { return false }
    return error.kind != .null
  }

  // MARK: Values

  /// The worst of an object's members; output if it is no object.
  private func worst(
    _ object: JSONNode, _ judge: (_ key: JSONNode, _ value: JSONNode) -> EventKind
  ) -> EventKind {
    guard object.kind == .object else { return .output }
    var kind = EventKind.preamble
    document.forEachMember(object) { key, value in kind = max(kind, judge(key, value)) }
    return kind
  }

  private func members(_ value: JSONNode, but notes: [StaticString]) -> EventKind {
    worst(value) { key, value in blank(key, value, but: notes) }
  }

  private func blank(_ key: JSONNode, _ value: JSONNode, but notes: [StaticString]) -> EventKind {
    isBlank(value) || isAny(key, notes) ? .preamble : .output
  }

  private func isAny(_ node: JSONNode, _ names: [StaticString]) -> Bool {
    let bytes = document.bytes.span
    let first = ByteSearch.peek(bytes, node.start + 1)
    let isPlain = first != UInt8(ascii: "\\")
    for name in names where !(isPlain && name.utf8Start[0] != first) {
      if document.equals(node, name) { return true }
    }
    return false
  }

  /// Whether there is nothing in the value.
  private func isBlank(_ value: JSONNode, depth: Int = EventJudge.blankDepth) -> Bool {
    switch value.kind {
    case .null: return true
    case .string: return value.end - value.start == 2
    case .bool, .number: return false
    case .array, .object: break
    }
    guard depth > 0 else { return false }
    var isBlank = true
    document.forEachElement(value) { isBlank = isBlank && self.isBlank($0, depth: depth - 1) }
    document.forEachMember(value) { isBlank = isBlank && self.isBlank($1, depth: depth - 1) }
    return isBlank
  }
}
