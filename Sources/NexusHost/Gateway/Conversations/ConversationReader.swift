import Routing
import Text

/// Finds out which conversation a request continues.
enum ConversationReader {
  /// What a request consists of, as byte offsets in its body.
  struct Parts {
    /// The array of messages.
    var messages: Range<Int>?
    /// Where tools, system prompt and each message end, in order.
    var ends: [Int] = []
    /// A string by which the client names the conversation or whom it is for.
    var identity: Range<Int>?
    /// Whether it names the conversation itself.
    var isNamed = false
  }

  /// Longest name that a client may give a conversation in x-nexus-session.
  static let longestName = 256

  /// Reads the conversation into memory that is used again. `session`: what the header
  /// x-nexus-session says, which comes before all else.
  static func read(
    _ parts: Parts, _ body: Span<UInt8>, session: UInt64?, _ hasher: ByteHash,
    into conversation: inout Conversation
  ) {
    conversation.chain.removeAll()
    var offset = 0
    for end in parts.ends where end > offset {
      // What stands before the messages is none of them.
      var start = offset
      if let messages = parts.messages, end > messages.lowerBound, end <= messages.upperBound {
        start = max(start, messages.lowerBound)
      }
      conversation.chain.append(body, start..<end, hasher)
      offset = end
    }
    conversation.chain.finish()
    if let session {
      conversation.identity = .named(session)
    } else if let identity = parts.identity {
      let hash = hasher.chain(parts.isNamed ? 2 : 3, hasher.hash(body, identity))
      conversation.identity = parts.isNamed ? .named(hash) : .person(hash)
    } else {
      conversation.identity = nil
    }
  }

  /// The hash of a name in a header: visible ASCII, at most `longestName` bytes; nil for any other,
  /// which counts as if it were not there.
  static func name(_ bytes: Span<UInt8>, _ value: Range<Int>, _ hasher: ByteHash) -> UInt64? {
    guard (1...longestName).contains(value.count) else { return nil }
    for index in value where !(0x21...0x7E).contains(bytes[index]) { return nil }
    return hasher.chain(1, hasher.hash(bytes, value))
  }
}

extension ConversationReader.Parts {
  /// What a chat consists of.
  init(_ body: Span<UInt8>, messages: JSONNode?) {
    guard let messages, messages.kind == .array else { return }
    self.messages = messages.range
    let list = body.extracting(messages.range).withUnsafeBufferPointer { Array($0) }
    guard let document = JSONDocument(list) else { return }
    document.forEachElement(document.root) { ends.append(messages.start + $0.end) }
  }
}
