/// A whole reply, as far as it came.
public struct Answer {
  /// The HTTP status; 0 if no reply arrived.
  public internal(set) var status: UInt32 = 0
  /// Why the reply is not complete; nil if it is.
  public internal(set) var cause: Cause?
  /// What `Retry-After` asks for, in milliseconds; 0 if nothing.
  public internal(set) var retryAfter: UInt64 = 0
  /// The `Server` field, empty if there is none.
  public internal(set) var server: [UInt8] = []
  /// The body.
  public internal(set) var body: [UInt8] = []

  /// Whether it is complete and its status says success.
  public var isSuccess: Bool { cause == nil && 200..<300 ~= status }

  /// The body of a success as JSON; nil if it is anything else.
  public var json: JSONDocument? { isSuccess ? JSONDocument(body) : nil }

  /// The body of a refusal.
  public var error: ErrorReply { ErrorReply(status: status, retryAfter: retryAfter, body: body) }
}

/// An exchange that asks one thing after the other and reads each answer as a whole: surveys,
/// identification, loading. A subclass overrides `begin` and `answered`.
open class Conversation: Exchange {
  /// The longest body that is collected; a longer one counts as broken.
  public static let bodyLimit = 8 << 20

  private var answer = Answer()

  public override init() { super.init() }

  /// Takes the answer to the last request and says how to go on: SEND, DONE or FAILED.
  open func answered(_ answer: Answer, _ sink: Sink) -> Verdict { .done }

  /// Whether the answer, of which `body` has come so far, need not be waited for any longer. For
  /// event streams that never end.
  open func isEnough(_ body: [UInt8], _ sink: Sink) -> Bool { false }

  public final override func head(_ head: Head, _ sink: Sink) -> Verdict {
    answer.status = head.status
    answer.retryAfter = head.retryAfter
    answer.server = head.value("server") ?? []
    return .more
  }

  public final override func body(_ bytes: Span<UInt8>, _ sink: Sink) -> Verdict {
    guard answer.body.count + bytes.count <= Self.bodyLimit else {
      return finish(.limit, sink)
    }
    answer.body.append(bytes, 0..<bytes.count)
    return isEnough(answer.body, sink) ? finish(nil, sink) : .more
  }

  public final override func end(_ sink: Sink) -> Verdict { finish(nil, sink) }

  public final override func broken(_ cause: Cause, _ sink: Sink) -> Verdict {
    finish(cause, sink)
  }

  private final func finish(_ cause: Cause?, _ sink: Sink) -> Verdict {
    var complete = Answer()
    swap(&complete, &answer)
    complete.cause = cause
    return answered(complete, sink)
  }
}
