/// Checks the body of a request strictly and finds what a gateway has to know of it, in one pass over
/// the bytes: no tree, no recursion, no copy. Any thread.
public struct RequestScan {
  /// The containers that are open, the innermost last: its place, and whether it is an object.
  private var stack = InlineArray<129, UInt8>(repeating: 0)
  private var depth = 0
  /// The innermost open container.
  private var place = RequestPlace.root
  private var isObject = true
  /// The member of the root that is being read, its key's opening quote, and where its value begins.
  private var slot = RequestSlot.none
  private var key = 0
  private var value = 0
  /// The first byte of the list's present element, and what was counted before it.
  private var elementByte: UInt8 = 0
  private var before = RequestOutline.Size()
  /// What belongs to inputs that are computed one by one, and the largest of those.
  private var separate = RequestOutline.Size()
  private var largest = RequestOutline.Size()
  private var hasNumbers = false
  private var reasoning = false
  private var reasoningIsOff = false

  private static let objectBit: UInt8 = 0x80

  /// Scans `bytes`, which must be exactly one JSON object (RFC 8259, UTF-8, nested at most 128
  /// deep, nothing but white space around it).
  ///
  /// - Throws: `JSONError` at the first byte that is wrong; what `outline` holds then means nothing.
  ///   The members that decide where a request goes and what it may cost (`model`, `stream`,
  ///   `messages`, `input`, `n` and the three limits of an answer) must not occur twice, which is an
  ///   error at the second opening quote: servers differ in whether the first or the last one
  ///   counts, so a request could be routed as one thing and executed as another.
  public static func read(
    _ bytes: Span<UInt8>, into outline: inout RequestOutline
  ) throws(JSONError) {
    outline.reset()
    let start = JSONLexer.blankEnd(bytes, from: 0)
    guard ByteSearch.peek(bytes, start) == UInt8(ascii: "{") else {
      throw JSONLexer.failure(.notObject, bytes, at: start)
    }
    var scan = RequestScan()
    var offset = JSONLexer.blankEnd(bytes, from: start &+ 1)
    if ByteSearch.peek(bytes, offset) == UInt8(ascii: "}") {
      offset &+= 1
    } else {
      scan.open(.root, isObject: true)
      offset = try scan.walk(bytes, from: offset, &outline)
    }
    try JSONLexer.expectEnd(bytes, from: offset)
    scan.finish(&outline)
  }

  /// Reads from the first key of the root to its closing brace, and returns the offset after that.
  private mutating func walk(
    _ bytes: Span<UInt8>, from start: Int, _ outline: inout RequestOutline
  ) throws(JSONError) -> Int {
    var offset = start
    while true {
      let here: RequestPlace
      if isObject {
        here = try member(bytes, at: &offset, &outline)
      } else {
        here = place.element
      }
      let byte = ByteSearch.peek(bytes, offset)
      if place == .list { elementByte = byte }
      switch byte {
      case UInt8(ascii: "\""):
        offset = try string(bytes, from: offset &+ 1, here, &outline)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth < JSONNesting.limit else { throw JSONError(.tooDeep, at: offset) }
        offset = JSONLexer.blankEnd(bytes, from: offset &+ 1)
        // The closing one is two after the opening one.
        let isEmpty = ByteSearch.peek(bytes, offset) == byte &+ 2
        enter(here, isObject: byte == UInt8(ascii: "{"), isEmpty: isEmpty, &outline)
        guard isEmpty else { continue }
        offset &+= 1
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let end = try JSONLexer.numberEnd(bytes, at: offset)
        scalar(here, length: end &- offset, isNumber: true, &outline)
        offset = end
      case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
        let end = try JSONLexer.literalEnd(bytes, at: offset)
        scalar(here, length: end &- offset, isNumber: false, &outline)
        offset = end
      default:
        throw JSONLexer.failure(.expectedValue, bytes, at: offset)
      }
      // After a value: closes what ends here, and goes to the next value.
      while true {
        if place == .root {
          try memberEnded(bytes, at: offset, &outline)
        } else if place == .list {
          elementEnded(at: offset, &outline)
        }
        offset = JSONLexer.blankEnd(bytes, from: offset)
        let mark = ByteSearch.peek(bytes, offset)
        offset &+= 1
        if mark == UInt8(ascii: ",") { break }
        guard mark == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw JSONLexer.failure(
            isObject ? .expectedCommaOrBrace : .expectedCommaOrBracket, bytes, at: offset &- 1)
        }
        close()
        if depth == 0 { return offset }
      }
      offset = JSONLexer.blankEnd(bytes, from: offset)
    }
  }

  // MARK: Containers

  private mutating func open(_ place: RequestPlace, isObject: Bool) {
    depth &+= 1
    stack[depth] = place.rawValue | (isObject ? Self.objectBit : 0)
    self.place = place
    self.isObject = isObject
  }

  private mutating func close() {
    depth &-= 1
    let outer = stack[depth]
    isObject = outer & Self.objectBit != 0
    place = RequestPlace(rawValue: outer & ~Self.objectBit) ?? .other
  }

  /// Comes to a container, and goes into it unless it is empty.
  private mutating func enter(
    _ here: RequestPlace, isObject: Bool, isEmpty: Bool, _ outline: inout RequestOutline
  ) {
    switch here {
    case .json: outline.size.bytes &+= 2
    case .tools where !isObject:
      outline.size.bytes &+= 2
      if !isEmpty { outline.hasTools = true }
    case .reasoning where isObject: reasoning = true
    default: break
    }
    guard !isEmpty else { return }
    open(here == .list && isObject ? .other : here, isObject: isObject)
    if place == .list { before = outline.size }
  }

  /// Reads a key up to its value, and says what the value is.
  @inline(__always)
  private mutating func member(
    _ bytes: Span<UInt8>, at offset: inout Int, _ outline: inout RequestOutline
  ) throws(JSONError) -> RequestPlace {
    let start = offset
    guard ByteSearch.peek(bytes, start) == UInt8(ascii: "\"") else {
      throw JSONLexer.failure(.expectedKey, bytes, at: start)
    }
    let end = try JSONLexer.stringEnd(bytes, from: start &+ 1)
    offset = try JSONLexer.colonEnd(bytes, at: end)
    let name = Range(uncheckedBounds: (start &+ 1, end &- 1))
    switch place {
    case .other: return .other
    case .root:
      key = start
      value = offset
      let found: (slot: RequestSlot, place: RequestPlace)
      if let plain = unescaped(bytes, name) {
        found = RequestKeys.root(plain.span, 0..<plain.count)
      } else {
        found = RequestKeys.root(bytes, name)
      }
      slot = found.slot
      return found.place
    case .json:
      outline.size.bytes &+= name.upperBound &- name.lowerBound &+ 3
      return .json
    default:
      if let plain = unescaped(bytes, name) {
        return RequestKeys.inner(place, plain.span, 0..<plain.count)
      }
      return RequestKeys.inner(place, bytes, name)
    }
  }

  /// A key that is written with escapes, decoded; nil for nearly every key.
  @inline(__always)
  private func unescaped(_ bytes: Span<UInt8>, _ name: Range<Int>) -> [UInt8]? {
    for offset in name where ByteSearch.peek(bytes, offset) == UInt8(ascii: "\\") {
      return JSONString.decode(bytes, name)
    }
    return nil
  }

  // MARK: Values

  /// Reads a string from after its opening quote to after the closing one.
  @inline(__always)
  private mutating func string(
    _ bytes: Span<UInt8>, from start: Int, _ here: RequestPlace, _ outline: inout RequestOutline
  ) throws(JSONError) -> Int {
    var dropped = 0
    var end = JSONLexer.plainStringEnd(bytes, from: start)
    if end <= 0 { end = try JSONLexer.longStringEnd(bytes, from: start &- end, &dropped) }
    switch here {
    case .other: break
    case .text, .element, .list, .tokens:
      outline.size.bytes &+= end &- 1 &- start &- dropped
    case .json:
      // Its quotes, and what stands between it and the next.
      outline.size.bytes &+= end &+ 2 &- start &- dropped
    default:
      word(bytes, Range(uncheckedBounds: (start, end &- 1)), here, &outline)
    }
    return end
  }

  /// A string that says something by itself.
  private mutating func word(
    _ bytes: Span<UInt8>, _ text: Range<Int>, _ here: RequestPlace, _ outline: inout RequestOutline
  ) {
    func isAny(_ words: StaticString...) -> Bool {
      words.contains { JSONString.equals(bytes, text, $0) }
    }
    switch here {
    case .type:
      // Nearly all of them.
      if isAny("text", "function") { return }
      if isAny("image_url", "input_image", "image") {
        outline.images &+= 1
      } else if isAny("input_audio", "audio") {
        outline.sounds &+= 1
      } else if isAny("file", "input_file", "document") {
        outline.files &+= 1
      }
    case .formatType: if isAny("json_object", "json_schema") { outline.wantsJSON = true }
    case .effort: if !isAny("none", "") { outline.wantsReasoning = true }
    case .innerEffort: if isAny("none") { reasoningIsOff = true }
    case .thinkingType: if isAny("enabled", "adaptive") { outline.wantsReasoning = true }
    case .userID: identity(text, .userID, &outline)
    case .user: identity(text, .user, &outline)
    case .sessionID: identity(text, .sessionID, &outline)
    case .conversationID: identity(text, .conversationID, &outline)
    case .promptCacheKey: identity(text, .promptCacheKey, &outline)
    default: break
    }
  }

  private func identity(
    _ text: Range<Int>, _ source: RequestOutline.IdentitySource, _ outline: inout RequestOutline
  ) {
    guard !text.isEmpty, source.rawValue > outline.identitySource.rawValue else { return }
    outline.identitySource = source
    outline.identity = JSONNode(
      kind: .string, start: text.lowerBound - 1, end: text.upperBound + 1)
  }

  /// A number, or `true`, `false` or `null`.
  @inline(__always)
  private mutating func scalar(
    _ here: RequestPlace, length: Int, isNumber: Bool, _ outline: inout RequestOutline
  ) {
    switch here {
    case .json: outline.size.bytes &+= length &+ 1
    case .element, .tokens: if isNumber { outline.size.tokens &+= 1 }
    default: break
    }
  }

  // MARK: Ends

  /// A member of the root has ended.
  @inline(__always)
  private mutating func memberEnded(
    _ bytes: Span<UInt8>, at end: Int, _ outline: inout RequestOutline
  ) throws(JSONError) {
    guard slot != .none else { return }
    if slot == .bounded { return bound(end, &outline) }
    guard let kind = JSONNode.Kind(first: ByteSearch.peek(bytes, value)) else { return }
    guard outline.note(JSONNode(kind: kind, start: value, end: end), as: slot) else {
      throw JSONError(.duplicateKey, at: key)
    }
  }

  /// An element of a list has ended: a message, or an input that stands alone.
  private mutating func elementEnded(at end: Int, _ outline: inout RequestOutline) {
    let isOfMessages = slot == .messages || slot == .input
    switch elementByte {
    case UInt8(ascii: "{") where isOfMessages:
      outline.messageCount &+= 1
      bound(end, &outline)
    case UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "{"):
      let size = outline.size - before
      separate = separate + size
      if size.weight > largest.weight { largest = size }
    default:
      // All numbers together are one input, of so many tokens.
      guard slot == .input, !hasNumbers else { return before = outline.size }
      hasNumbers = true
    }
    if slot == .input { outline.inputs &+= 1 }
    before = outline.size
  }

  private func bound(_ end: Int, _ outline: inout RequestOutline) {
    guard outline.parts.count < RequestOutline.mostParts else { return }
    // A message begins where the one before ended, the first of them with its list.
    let start = max(value, outline.parts.last?.upperBound ?? 0)
    outline.parts.append(Range(uncheckedBounds: (start, end)))
  }

  private func finish(_ outline: inout RequestOutline) {
    outline.largest = outline.size - separate + largest
    if reasoning, !reasoningIsOff { outline.wantsReasoning = true }
  }
}

extension RequestPlace {
  /// What the elements of an array at this place are.
  fileprivate var element: RequestPlace {
    switch self {
    case .list: .element
    case .element: .tokens
    case .text: .text
    case .tools, .json: .json
    default: .other
    }
  }
}

extension RequestOutline {
  /// Notes a member of the root; false if it is there already.
  @inline(__always)
  fileprivate mutating func note(_ node: JSONNode, as slot: RequestSlot) -> Bool {
    switch slot {
    case .none, .bounded: true
    case .model: Self.set(&model, node)
    case .stream: Self.set(&stream, node)
    case .messages: Self.set(&messages, node)
    case .input: Self.set(&input, node)
    case .maxCompletionTokens: Self.set(&maxCompletionTokens, node)
    case .maxTokens: Self.set(&maxTokens, node)
    case .maxOutputTokens: Self.set(&maxOutputTokens, node)
    case .choices: Self.set(&choices, node)
    }
  }

  @inline(__always)
  private static func set(_ place: inout JSONNode?, _ node: JSONNode) -> Bool {
    guard place == nil else { return false }
    place = node
    return true
  }
}
