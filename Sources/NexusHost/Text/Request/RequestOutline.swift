/// What a gateway has to know of a request for a model, whichever of the usual APIs it is written
/// for: found by `RequestScan` in one pass. Offsets count bytes from the beginning of the body.
///
/// Nothing here is a judgement. A member of another type than usual counts for nothing, one that
/// occurs more than once counts each time.
///
/// Kept and used again from request to request, so that its storage is.
public struct RequestOutline: Sendable {
  /// Values of members of the root; nil for those that are not there.
  public internal(set) var model: JSONNode?
  public internal(set) var stream: JSONNode?
  public internal(set) var messages: JSONNode?
  public internal(set) var input: JSONNode?
  public internal(set) var maxCompletionTokens: JSONNode?
  public internal(set) var maxTokens: JSONNode?
  public internal(set) var maxOutputTokens: JSONNode?
  public internal(set) var choices: JSONNode?

  /// How much there is to read for the model.
  public internal(set) var size = Size()
  /// Of several inputs that are computed one by one (embeddings, completions, documents to rank),
  /// what they have in common and the largest of them; else the same as `size`.
  public internal(set) var largest = Size()
  /// How many inputs the array `input` has; an array of token numbers is one.
  public internal(set) var inputs = 0
  /// Objects in `messages` or `input`.
  public internal(set) var messageCount = 0
  /// Parts of messages, by the word in their `type`.
  public internal(set) var images = 0
  public internal(set) var sounds = 0
  public internal(set) var files = 0

  /// Whether `tools` or `functions` is an array that is not empty.
  public internal(set) var hasTools = false
  /// Whether the answer is to be JSON (`response_format.type` or `text.format.type`).
  public internal(set) var wantsJSON = false
  /// Whether reasoning is asked for (`reasoning_effort`, `reasoning` or `thinking`).
  public internal(set) var wantsReasoning = false

  /// What the client calls the conversation or its user: a string that is not empty.
  public internal(set) var identity: JSONNode?
  /// Which member that is.
  public internal(set) var identitySource = IdentitySource.none

  /// Where the parts of the prompt stand, in the order of the body: `tools`, `functions`, `system`,
  /// `instructions`, and each message with what separates it from the one before. The first
  /// `mostParts` of them.
  public internal(set) var parts: [Range<Int>] = []
  public static let mostParts = 4_096

  /// An amount of prompt.
  public struct Size: Equatable, Sendable {
    /// Bytes of text as UTF-8, escapes decoded; of tools their JSON without white space, about.
    public var bytes = 0
    /// Token numbers.
    public var tokens = 0

    public init() {}

    /// For comparing; a token is four bytes.
    var weight: Int { bytes &+ 4 &* tokens }

    static func - (left: Size, right: Size) -> Size {
      var size = left
      size.bytes &-= right.bytes
      size.tokens &-= right.tokens
      return size
    }

    static func + (left: Size, right: Size) -> Size {
      var size = left
      size.bytes &+= right.bytes
      size.tokens &+= right.tokens
      return size
    }
  }

  /// The members that may name a conversation, the most telling one last.
  public enum IdentitySource: UInt8, Sendable {
    case none, userID, user, sessionID, conversationID, promptCacheKey
  }

  public init() {}

  /// Forgets everything and keeps the storage.
  mutating func reset() {
    var parts = self.parts
    self.parts = []
    parts.removeAll(keepingCapacity: true)
    self = RequestOutline()
    self.parts = parts
  }
}
