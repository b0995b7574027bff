/// What to do with a refusal.
public enum Judgement {
  /// The client's fault, the same everywhere: the client gets the server's words.
  case clientFault
  /// Anything that another backend might do better.
  case failed(Failure)
}

/// Decides what a refusal means, from the shapes and words that the servers are known to use. A
/// driver adds what is peculiar to its server and leaves the rest to this.
public enum ErrorClassifier {
  /// Decides about a refusal.
  public static func judge(_ error: ErrorReply) -> Judgement {
    if let failure = contextOverflow(error) { return .failed(failure) }
    switch error.status {
    case 401, 402, 403: return .failed(Failure(.credentialDead, credentialMessage(error)))
    case 404: return .failed(notFound(error))
    case 405, 501: return .failed(Failure(.unsupported, sentence(error)))
    case 408: return .failed(Failure(.upstreamBroken, sentence(error)))
    case 429: return .failed(tooMany(error))
    case 503, 529: return .failed(unavailable(error))
    case 400..<500: return refused(error)
    default: return .failed(Failure(.upstreamBroken, sentence(error)))
    }
  }

  /// A sentence that says what the server answered.
  public static func sentence(_ error: ErrorReply) -> [UInt8] {
    var out = ByteText.bytes(
      error.isInside ? "the server reported an error" : "the server answered ")
    if !error.isInside { JSONWriter.appendInteger(Int64(error.status), to: &out) }
    guard !error.message.isEmpty else { return out }
    JSONWriter.appendRaw(": ", to: &out)
    out += ByteText.line(error.message, limit: 300)
    return out
  }

  /// Whether the prompt is longer than the model's window; the limit is taken from the error's own
  /// fields or its words.
  private static func contextOverflow(_ error: ErrorReply) -> Failure? {
    guard error.status < 500 || error.isInside || error.isKind("exceed_context_size_error")
    else { return nil }
    let isOverflow =
      error.isKind("exceed_context_size_error") || error.isKind("context_length_exceeded")
      || error.says(
        "maximum context length", "longer than the maximum model length",
        "exceeds the context length", "exceeds the available context", "exceed context",
        "context length exceeded", "exceeds model context", "longer than the model's context")
    return isOverflow ? overflow(error) : nil
  }

  /// The failure of a prompt that is too long, with the limit if the server told it.
  public static func overflow(_ error: ErrorReply) -> Failure {
    let limit = error.contextLimit != 0 ? error.contextLimit : limitInWords(error.words)
    return Failure(.contextOverflow, sentence(error), detail: limit)
  }

  /// The number of tokens after the words that announce a limit, or 0.
  private static func limitInWords(_ words: [UInt8]) -> UInt64 {
    let announcements: [StaticString] = [
      "maximum context length is ", "maximum context length of ", "maximum model length of ",
      "available context size (", "context length of only ", "context length of ",
      "context length is ",
    ]
    for announcement in announcements {
      guard let start = ByteText.firstIndex(of: announcement, in: words.span) else { continue }
      let after = start + announcement.utf8CodeUnitCount
      if let limit = ByteText.decimal(words.span, from: after) { return limit }
    }
    return 0
  }

  /// 401, 402, 403. The server's own words are left out: some repeat part of the key.
  private static func credentialMessage(_ error: ErrorReply) -> [UInt8] {
    var out = ByteText.bytes("the server refused the key, status ")
    JSONWriter.appendInteger(Int64(error.status), to: &out)
    return out
  }

  private static func notFound(_ error: ErrorReply) -> Failure {
    let isModel =
      error.isKind("model_not_found") || error.isKind("NotFoundError")
      || (error.says("model") && error.says("not found", "does not exist", "no instance"))
    return Failure(isModel ? .modelAbsent : .unsupported, sentence(error))
  }

  private static func tooMany(_ error: ErrorReply) -> Failure {
    if error.isKind("insufficient_quota") || error.isKind("billing_hard_limit_reached") {
      return Failure(.credentialDead, "the account behind the key is empty")
    }
    return Failure(.rateLimited, sentence(error), detail: error.retryAfter)
  }

  /// 503, 529: a queue that is full, a model on its way, or a server that cannot work.
  private static func unavailable(_ error: ErrorReply) -> Failure {
    if error.isKind("model_loading") || error.says("loading model", "model is loading") {
      return Failure(.modelLoading, sentence(error), detail: error.retryAfter)
    }
    let isFull =
      error.status == 529 || error.retryAfter != 0 || error.isKind("admission_rejected")
      || error.says("busy", "queue", "overloaded", "too many", "capacity", "try again")
    return Failure(
      isFull ? .overloaded : .upstreamBroken, sentence(error), detail: isFull ? error.retryAfter : 0
    )
  }

  /// 400 and the like: mostly the client's fault, but not always.
  private static func refused(_ error: ErrorReply) -> Judgement {
    if error.isKind("model_not_found") { return .failed(Failure(.modelAbsent, sentence(error))) }
    if error.says("model '", "model \"", "model `"), error.says("not found", "does not exist") {
      return .failed(Failure(.modelAbsent, sentence(error)))
    }
    let cannot = error.says(
      "does not support tools", "does not support chat", "does not support thinking",
      "does not support generate", "does not support embed", "does not support vision",
      "requires --enable-auto-tool-choice", "is not a multimodal model",
      "not supported by this model"
    )
    return cannot ? .failed(Failure(.unsupported, sentence(error))) : .clientFault
  }
}
