/// What a value in a request is, as far as it matters: decided by its key and by where it stands.
enum RequestPlace: UInt8 {
  /// The body, and an array of messages or inputs: the containers whose values' ends matter.
  case root, list
  /// A value that says nothing.
  case other
  /// An element of a list; its elements where it is an array: token numbers.
  case element, tokens
  /// Text of a message, or an object or array with such text inside.
  case text
  /// An array of tools, and all inside of it, which the model gets to read as JSON.
  case tools, json
  /// The kind of a message's part.
  case type
  /// `response_format`; what has one as its member `format`; and its type.
  case format, formatHolder, formatType
  /// `reasoning_effort`; `reasoning`; its `effort`.
  case effort, reasoning, innerEffort
  /// `thinking`, and its type.
  case thinking, thinkingType
  /// `metadata`, and the members that name a conversation.
  case metadata, userID, user, sessionID, conversationID, promptCacheKey
}

/// Members of the root that are noted as they are, or whose end matters.
enum RequestSlot: UInt8 {
  case none, model, stream, messages, input, maxCompletionTokens, maxTokens, maxOutputTokens,
    choices
  /// A part of the prompt.
  case bounded
}

/// The keys that matter, found by their length first. `range` holds a key without escapes.
enum RequestKeys {
  /// A member of the root.
  @inline(__always)
  static func root(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) -> (slot: RequestSlot, place: RequestPlace) {
    let at = range.lowerBound
    switch range.upperBound &- at {
    case 1:
      if ByteSearch.holds(bytes, at, "n") { return (.choices, .other) }
    case 4:
      if ByteSearch.holds(bytes, at, "user") { return (.none, .user) }
      if ByteSearch.holds(bytes, at, "text") { return (.none, .formatHolder) }
    case 5:
      if ByteSearch.holds(bytes, at, "model") { return (.model, .other) }
      if ByteSearch.holds(bytes, at, "input") { return (.input, .list) }
      if ByteSearch.holds(bytes, at, "tools") { return (.bounded, .tools) }
      if ByteSearch.holds(bytes, at, "query") { return (.none, .text) }
    case 6:
      if ByteSearch.holds(bytes, at, "stream") { return (.stream, .other) }
      if ByteSearch.holds(bytes, at, "system") { return (.bounded, .text) }
      if ByteSearch.holds(bytes, at, "prompt") { return (.none, .list) }
    case 8:
      if ByteSearch.holds(bytes, at, "messages") { return (.messages, .list) }
      if ByteSearch.holds(bytes, at, "metadata") { return (.none, .metadata) }
      if ByteSearch.holds(bytes, at, "thinking") { return (.none, .thinking) }
    case 9:
      if ByteSearch.holds(bytes, at, "reasoning") { return (.none, .reasoning) }
      if ByteSearch.holds(bytes, at, "functions") { return (.bounded, .tools) }
      if ByteSearch.holds(bytes, at, "documents") { return (.none, .list) }
    case 10:
      if ByteSearch.holds(bytes, at, "max_tokens") { return (.maxTokens, .other) }
    case 12:
      if ByteSearch.holds(bytes, at, "instructions") { return (.bounded, .text) }
    case 15:
      if ByteSearch.holds(bytes, at, "response_format") { return (.none, .format) }
    case 16:
      if ByteSearch.holds(bytes, at, "reasoning_effort") { return (.none, .effort) }
      if ByteSearch.holds(bytes, at, "prompt_cache_key") { return (.none, .promptCacheKey) }
    case 17:
      if ByteSearch.holds(bytes, at, "max_output_tokens") { return (.maxOutputTokens, .other) }
    case 21:
      if ByteSearch.holds(bytes, at, "max_completion_tokens") {
        return (.maxCompletionTokens, .other)
      }
    default: break
    }
    return (.none, .other)
  }

  /// A member of an object at `place`.
  @inline(__always)
  static func inner(
    _ place: RequestPlace, _ bytes: Span<UInt8>, _ range: Range<Int>
  ) -> RequestPlace {
    switch place {
    case .element, .text: part(bytes, range)
    case .json: .json
    case .format: holds(bytes, range, "type") ? .formatType : .other
    case .formatHolder: holds(bytes, range, "format") ? .format : .other
    case .reasoning: holds(bytes, range, "effort") ? .innerEffort : .other
    case .thinking: holds(bytes, range, "type") ? .thinkingType : .other
    case .metadata: metadata(bytes, range)
    default: .other
    }
  }

  /// A member of a message, of a part of one, or of a call of a tool. Only known homes of text count:
  /// an image in base64 must never be taken for a long prompt.
  @inline(__always)
  private static func part(_ bytes: Span<UInt8>, _ range: Range<Int>) -> RequestPlace {
    let at = range.lowerBound
    switch range.upperBound &- at {
    case 4:
      if ByteSearch.holds(bytes, at, "text") || ByteSearch.holds(bytes, at, "name") {
        return .text
      }
      if ByteSearch.holds(bytes, at, "type") { return .type }
    case 5:
      if ByteSearch.holds(bytes, at, "input") { return .json }
    case 6:
      if ByteSearch.holds(bytes, at, "output") { return .text }
    case 7:
      if ByteSearch.holds(bytes, at, "content") || ByteSearch.holds(bytes, at, "refusal")
        || ByteSearch.holds(bytes, at, "summary")
      {
        return .text
      }
    case 8:
      if ByteSearch.holds(bytes, at, "thinking") || ByteSearch.holds(bytes, at, "function") {
        return .text
      }
    case 9:
      if ByteSearch.holds(bytes, at, "arguments") { return .json }
      if ByteSearch.holds(bytes, at, "reasoning") { return .text }
    case 10:
      if ByteSearch.holds(bytes, at, "tool_calls") { return .text }
    case 13:
      if ByteSearch.holds(bytes, at, "function_call") { return .text }
    case 17:
      if ByteSearch.holds(bytes, at, "reasoning_content") { return .text }
    default: break
    }
    return .other
  }

  private static func metadata(_ bytes: Span<UInt8>, _ range: Range<Int>) -> RequestPlace {
    if holds(bytes, range, "user_id") { return .userID }
    if holds(bytes, range, "session_id") { return .sessionID }
    if holds(bytes, range, "conversation_id") { return .conversationID }
    return .other
  }

  @inline(__always)
  private static func holds(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ name: StaticString
  ) -> Bool {
    range.upperBound &- range.lowerBound == name.utf8CodeUnitCount
      && ByteSearch.holds(bytes, range.lowerBound, name)
  }
}
