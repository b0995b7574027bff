@testable import Text

/// What a request says, to compare: from an outline, or worked out slowly from a tree.
struct RequestReading: Equatable {
  var nodes: [JSONNode?] = Array(repeating: nil, count: 8)
  var bytes = 0
  var tokens = 0
  var largestBytes = 0
  var largestTokens = 0
  var inputs = 0
  var messages = 0
  var images = 0
  var sounds = 0
  var files = 0
  var hasTools = false
  var wantsJSON = false
  var wantsReasoning = false
  var identity: JSONNode?
  var boundaries: [Int] = []

  init(_ outline: RequestOutline) {
    nodes = [
      outline.model, outline.stream, outline.messages, outline.input, outline.maxCompletionTokens,
      outline.maxTokens, outline.maxOutputTokens, outline.choices,
    ]
    bytes = outline.size.bytes
    tokens = outline.size.tokens
    largestBytes = outline.largest.bytes
    largestTokens = outline.largest.tokens
    inputs = outline.inputs
    messages = outline.messageCount
    images = outline.images
    sounds = outline.sounds
    files = outline.files
    hasTools = outline.hasTools
    wantsJSON = outline.wantsJSON
    wantsReasoning = outline.wantsReasoning
    identity = outline.identity
    boundaries = outline.parts.map(\.upperBound)
  }

  /// The same without what depends on where a thing stands in the text.
  var placeless: RequestReading {
    var copy = self
    copy.nodes = nodes.map { $0.map { JSONNode(kind: $0.kind, start: 0, end: 0) } }
    copy.identity = identity.map { JSONNode(kind: $0.kind, start: 0, end: 0) }
    copy.boundaries = boundaries.map { _ in 0 }
    return copy
  }
}

/// Works out a reading from a tree, by recursion and without haste.
struct RequestOracle {
  private let document: JSONDocument
  private var reading = RequestReading(RequestOutline())
  private var rank = 0
  private var separate: [(bytes: Int, tokens: Int)] = []

  private static let singles = [
    "model", "stream", "messages", "input", "max_completion_tokens", "max_tokens",
    "max_output_tokens", "n",
  ]
  private static let textKeys: Set<String> = [
    "text", "name", "output", "content", "refusal", "summary", "thinking", "function", "reasoning",
    "tool_calls", "function_call", "reasoning_content",
  ]

  /// Nil if the text is no valid request.
  static func read(_ bytes: [UInt8]) -> RequestReading? {
    guard let document = JSONDocument(bytes), document.root.kind == .object else { return nil }
    var oracle = RequestOracle(document)
    return oracle.read() ? oracle.reading : nil
  }

  private init(_ document: JSONDocument) { self.document = document }

  private func text(_ node: JSONNode?) -> String? {
    document.string(node).map { String(decoding: $0, as: UTF8.self) }
  }

  private func members(_ node: JSONNode) -> [(key: String, raw: Int, value: JSONNode)] {
    var list: [(String, Int, JSONNode)] = []
    document.forEachMember(node) { list.append((text($0) ?? "", $0.range.count - 2, $1)) }
    return list
  }

  private func elements(_ node: JSONNode) -> [JSONNode] {
    var list: [JSONNode] = []
    document.forEachElement(node) { list.append($0) }
    return list
  }

  /// Bytes that a string takes decoded; a lone surrogate counts two.
  private func length(_ node: JSONNode) -> Int {
    let raw = Array(document.raw(node).dropFirst().dropLast())
    var count = 0
    var at = 0
    while at < raw.count {
      guard raw[at] == UInt8(ascii: "\\") else {
        count += 1
        at += 1
        continue
      }
      guard raw[at + 1] == UInt8(ascii: "u") else {
        count += 1
        at += 2
        continue
      }
      let value = UInt32(String(decoding: raw[at + 2..<at + 6], as: UTF8.self), radix: 16) ?? 0
      count += value < 0x80 ? 1 : value < 0x800 || value >> 11 == 0x1B ? 2 : 3
      at += 6
    }
    return count
  }

  private mutating func read() -> Bool {
    var isOff = false
    var isAsked = false
    for (key, _, value) in members(document.root) {
      if let index = Self.singles.firstIndex(of: key) {
        if reading.nodes[index] != nil { return false }
        reading.nodes[index] = value
      }
      switch key {
      case "messages", "input", "prompt", "documents": list(value, key)
      case "query": part(value)
      case "system", "instructions":
        part(value)
        reading.boundaries.append(value.end)
      case "tools", "functions":
        if value.kind == .array {
          if !elements(value).isEmpty { reading.hasTools = true }
          json(value)
        }
        reading.boundaries.append(value.end)
      case "response_format": format(value)
      case "text":
        for (key, _, value) in members(value) where key == "format" { format(value) }
      case "reasoning_effort":
        if let word = text(value), word != "none", word != "" { reading.wantsReasoning = true }
      case "reasoning":
        if value.kind == .object { isAsked = true }
        for (key, _, value) in members(value) where key == "effort" {
          if text(value) == "none" { isOff = true }
        }
      case "thinking":
        for (key, _, value) in members(value) where key == "type" {
          if ["enabled", "adaptive"].contains(text(value)) { reading.wantsReasoning = true }
        }
      case "prompt_cache_key": identity(value, 5)
      case "user": identity(value, 2)
      case "metadata":
        for (key, _, value) in members(value) {
          if key == "user_id" { identity(value, 1) }
          if key == "session_id" { identity(value, 3) }
          if key == "conversation_id" { identity(value, 4) }
        }
      default: break
      }
    }
    if isAsked, !isOff { reading.wantsReasoning = true }
    reading.boundaries = Array(reading.boundaries.prefix(4_096))
    let most = separate.max { $0.bytes + 4 * $0.tokens < $1.bytes + 4 * $1.tokens } ?? (0, 0)
    // Of equals the first counts.
    let first =
      separate.first { $0.bytes + 4 * $0.tokens == most.bytes + 4 * most.tokens } ?? (0, 0)
    reading.largestBytes = reading.bytes - separate.reduce(0) { $0 + $1.bytes } + first.bytes
    reading.largestTokens = reading.tokens - separate.reduce(0) { $0 + $1.tokens } + first.tokens
    return true
  }

  private mutating func list(_ value: JSONNode, _ key: String) {
    if value.kind == .string { reading.bytes += length(value) }
    var hasNumbers = false
    for element in elements(value) {
      let before = (reading.bytes, reading.tokens)
      switch element.kind {
      case .string: reading.bytes += length(element)
      case .number: reading.tokens += 1
      case .object: part(element)
      case .array:
        for inner in elements(element) {
          if inner.kind == .number { reading.tokens += 1 }
          if inner.kind == .string { reading.bytes += length(inner) }
        }
      default: break
      }
      if element.kind == .object, key == "messages" || key == "input" {
        reading.messages += 1
        reading.boundaries.append(element.end)
      } else if [.string, .array, .object].contains(element.kind) {
        separate.append((reading.bytes - before.0, reading.tokens - before.1))
      } else {
        if key == "input", !hasNumbers { reading.inputs += 1 }
        hasNumbers = true
        continue
      }
      if key == "input" { reading.inputs += 1 }
    }
  }

  private mutating func part(_ node: JSONNode) {
    switch node.kind {
    case .string: reading.bytes += length(node)
    case .array: for element in elements(node) { part(element) }
    case .object:
      for (key, _, value) in members(node) {
        if key == "input" || key == "arguments" { json(value) }
        if Self.textKeys.contains(key) { part(value) }
        guard key == "type", let word = text(value) else { continue }
        if ["image_url", "input_image", "image"].contains(word) { reading.images += 1 }
        if ["input_audio", "audio"].contains(word) { reading.sounds += 1 }
        if ["file", "input_file", "document"].contains(word) { reading.files += 1 }
      }
    default: break
    }
  }

  private mutating func json(_ node: JSONNode) {
    switch node.kind {
    case .string: reading.bytes += length(node) + 3
    case .array:
      reading.bytes += 2
      for element in elements(node) { json(element) }
    case .object:
      reading.bytes += 2
      for (_, raw, value) in members(node) {
        reading.bytes += raw + 3
        json(value)
      }
    default: reading.bytes += node.range.count + 1
    }
  }

  private mutating func format(_ node: JSONNode) {
    for (key, _, value) in members(node) where key == "type" {
      if ["json_object", "json_schema"].contains(text(value)) { reading.wantsJSON = true }
    }
  }

  private mutating func identity(_ node: JSONNode, _ rank: Int) {
    guard node.kind == .string, node.range.count > 2, rank > self.rank else { return }
    self.rank = rank
    reading.identity = node
  }
}
