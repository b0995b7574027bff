/// What a server says when it refuses, in whichever of the many shapes in use.
public struct ErrorReply {
  /// How the error was written.
  public enum Shape: Sendable {
    /// No error in it that we can read.
    case none
    /// `{"error": {"message": …}}`, as OpenAI writes it.
    case object
    /// `{"error": "text"}`.
    case text
    /// `{"object": "error", "message": …}` without an `error`.
    case flat
    /// `{"detail": …}`, as FastAPI writes it.
    case detail
  }

  /// The HTTP status, or the error's own number if it came inside of a success.
  public let status: UInt32
  /// What `Retry-After` asks for, in milliseconds; 0 if nothing.
  public let retryAfter: UInt64
  /// Whether it came inside of an answer whose status says success.
  public let isInside: Bool
  public private(set) var shape = Shape.none
  /// The sentence for people, as the server wrote it.
  public private(set) var message: [UInt8] = []
  /// `message` in lower case, for comparing.
  public private(set) var words: [UInt8] = []
  public private(set) var type: [UInt8] = []
  /// The error's `code` if it is a string.
  public private(set) var code: [UInt8] = []
  /// llama.cpp's `n_ctx`; 0 if there is none.
  public private(set) var contextLimit: UInt64 = 0
  private var number: Int64 = 0

  /// Reads the body of a refusal.
  public init(status: UInt32, retryAfter: UInt64, body: [UInt8]) {
    var parsed = Self(shell: status, retryAfter, inside: false)
    if let document = JSONDocument(body) { parsed.read(document) }
    self = parsed
  }

  /// Reads the error inside of an answer that began as a success; nil if there is none in it.
  public init?(inside document: JSONDocument) {
    var parsed = Self(shell: 0, 0, inside: true)
    parsed.read(document)
    guard parsed.shape != .none, parsed.shape != .detail else { return nil }
    let status = 400..<600 ~= parsed.number ? UInt32(parsed.number) : 500
    self.init(parsed, status: status)
  }

  /// An error that consists of one sentence inside of a stream.
  public init(insideText message: [UInt8]) {
    var parsed = Self(shell: 500, 0, inside: true)
    parsed.shape = .text
    parsed.note(message)
    self = parsed
  }

  private init(shell status: UInt32, _ retryAfter: UInt64, inside: Bool) {
    self.status = status
    self.retryAfter = retryAfter
    isInside = inside
  }

  private init(_ other: ErrorReply, status: UInt32) {
    self.init(shell: status, other.retryAfter, inside: other.isInside)
    shape = other.shape
    note(other.message)
    type = other.type
    code = other.code
    contextLimit = other.contextLimit
    number = other.number
  }

  /// Whether `type` or `code` is that word.
  public func isKind(_ word: StaticString) -> Bool {
    ByteText.equals(type, word) || ByteText.equals(code, word)
  }

  /// Whether the message contains any of the phrases, which are in lower case.
  public func says(_ phrases: StaticString...) -> Bool {
    for phrase in phrases where ByteText.contains(words, phrase) { return true }
    return false
  }

  private mutating func note(_ text: [UInt8]) {
    message = text
    words = ByteText.lowercased(text)
  }

  private mutating func read(_ document: JSONDocument) {
    let error = document.member("error")
    switch error?.kind {
    case .object:
      shape = .object
      readFields(document, error)
    case .string:
      shape = .text
      note(document.string(error) ?? [])
    default:
      if document.equals(document.member("object"), "error") {
        shape = .flat
        readFields(document, document.root)
      } else if let detail = document.member("detail") {
        shape = .detail
        note(document.string(detail) ?? document.raw(detail))
      }
    }
  }

  private mutating func readFields(_ document: JSONDocument, _ object: JSONNode?) {
    note(document.string(document.member(object, "message")) ?? [])
    type = document.string(document.member(object, "type")) ?? []
    let codeNode = document.member(object, "code")
    code = document.string(codeNode) ?? []
    number = document.integer(codeNode) ?? 0
    let limit = document.integer(document.member(object, "n_ctx")) ?? 0
    contextLimit = UInt64(max(limit, 0))
  }
}
