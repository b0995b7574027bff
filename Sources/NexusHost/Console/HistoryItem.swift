import Text

/// A request that has ended, as the gateway's history tells it (docs/HISTORY.md).
public struct HistoryItem: Sendable {
  /// A backend that was tried.
  public struct Attempt: Sendable {
    public let backend: String
    public let backendID: String
  }

  /// Of the entry; unique.
  public let id: String
  /// The worker that served it.
  public let worker: Int
  /// Which of that worker's requests it is.
  public let number: Int64
  /// When it ended, Unix seconds.
  public let time: Int64
  /// The model that served it, or else was asked for.
  public let model: String?
  public let requestedModel: String?
  public let backend: String?
  public let isSuccess: Bool
  public let statusCode: Int64
  public let errorMessage: String?
  /// Milliseconds.
  public let duration: Double
  public let firstToken: Double?
  public let lastToken: Double?
  public let promptTokens: Int64?
  public let completionTokens: Int64?
  /// Dollars.
  public let cost: Double?
  public let isStream: Bool
  public let isFallback: Bool
  public let attempts: [Attempt]
  /// As it came.
  public let json: [UInt8]

  /// Reads an entry; nil if what makes it one is missing.
  public init?(_ row: JSONRow) {
    guard let id = row.text("id"), let dash = id.lastIndex(of: "-"),
      let worker = Int(id[id.index(after: dash)...]), let number = row.number("number")
    else { return nil }
    self.id = id
    self.worker = worker
    self.number = number
    time = row.number("timestamp") ?? 0
    model = row.text("model")
    requestedModel = row.text("requested_model")
    backend = row.text("backend")
    isSuccess = row.text("status") == "Success"
    statusCode = row.number("status_code") ?? 0
    errorMessage = row.text("error_message")
    duration = row.double("duration_ms") ?? 0
    firstToken = row.row("timings")?.double("first_token_ms")
    lastToken = row.row("timings")?.double("last_token_ms")
    promptTokens = row.row("tokens")?.number("prompt")
    completionTokens = row.row("tokens")?.number("completion")
    cost = row.double("cost_usd")
    isStream = row.bool("stream") ?? false
    isFallback = row.bool("fallback") ?? false
    attempts = row.rows("attempts").map {
      Attempt(backend: $0.text("backend") ?? "", backendID: $0.text("backend_id") ?? "")
    }
    json = row.raw
  }

  /// Tokens a second of the answer: of a stream while it ran, else over the whole time.
  var tokensPerSecond: Double? {
    guard let completionTokens, completionTokens > 0 else { return nil }
    var time = duration
    if isStream, let firstToken, let lastToken { time = lastToken - firstToken }
    return time >= 1 ? Double(completionTokens) * 1_000 / time : nil
  }
}

/// Which requests somebody wants to see.
public struct HistoryFilter: Sendable {
  public var model: String?
  public var backend: String?
  public var errorsOnly: Bool

  public init(model: String? = nil, backend: String? = nil, errorsOnly: Bool = false) {
    self.model = model
    self.backend = backend
    self.errorsOnly = errorsOnly
  }

  public var isOff: Bool { model == nil && backend == nil && !errorsOnly }

  /// As `GET /history` with the same parameters.
  public func matches(_ item: HistoryItem) -> Bool {
    if errorsOnly, item.isSuccess { return false }
    if let model, item.model != model, item.requestedModel != model { return false }
    guard let backend else { return true }
    if item.attempts.isEmpty { return backend == "none" }
    return item.attempts.contains { $0.backend == backend || $0.backendID == backend }
  }
}
