import Config
import Drivers
import Fleet
import HTTP
import Telemetry
import Text

/// What a collector is told of a request that has ended: its own span, and below that one for each wait
/// and for each try. Nothing of its content, and no key.
///
/// Names of attributes are those of OpenTelemetry's conventions for HTTP and for generative AI
/// (github.com/open-telemetry/semantic-conventions-genai); what those do not know begins with "nexus".
struct RequestSpans {
  private let entry: HistoryEntry
  private let trace: RequestTrace
  /// What a moment of the monotonic clock lacks to one of the wall clock, in nanoseconds.
  private let offset: Int64

  /// Nil if the request is not traced.
  init?(_ entry: HistoryEntry, clockOffset: Int64) {
    guard let trace = entry.trace else { return nil }
    self.entry = entry
    self.trace = trace
    offset = clockOffset
  }

  /// How many spans a request has.
  static func count(of entry: HistoryEntry) -> Int {
    1 + (entry.trace?.waits.count ?? 0) + entry.tries.count
  }

  func append(to text: inout TraceText) {
    appendRequest(to: &text)
    for (index, wait) in trace.waits.enumerated() { append(wait, index, to: &text) }
    for attempt in entry.tries.list { append(attempt, to: &text) }
  }

  // MARK: The request

  private func appendRequest(to text: inout TraceText) {
    let last = entry.tries.last
    var span = TraceSpan(
      trace.context, parent: trace.parent, "POST \(trace.operation.route)", .server,
      start: unix(entry.started), end: unix(entry.ended))
    span.isParentRemote = trace.parent != nil
    if isFailure { span.failure = SecretScrub.clean(entry.errorMessage) }
    text.span(span) { text in
      text.attribute("http.request.method", "POST")
      text.attribute("http.route", trace.operation.route)
      if entry.statusCode > 0 {
        text.attribute("http.response.status_code", Int64(entry.statusCode))
      }
      if let error = errorType { text.attribute("error.type", error) }
      text.attribute("gen_ai.operation.name", trace.operation.conventionalName)
      if let last { text.attribute("gen_ai.provider.name", last.kind.conventionalName) }
      if !entry.model.isEmpty { text.attribute("gen_ai.request.model", Self.name(entry.model)) }
      if entry.isStream { text.attribute("gen_ai.request.stream", true) }
      if let last, last.isAnswer {
        text.attribute("gen_ai.response.model", Self.name(last.model.idBytes))
      }
      appendUsage(to: &text)
      text.attribute("nexus.request_id", entry.id.bytes)
      text.attribute("nexus.outcome", entry.outcome.name)
      appendRoute(last, to: &text)
    }
  }

  private func appendRoute(_ last: RequestRecord.Try?, to text: inout TraceText) {
    if let last {
      text.attribute("nexus.backend", last.backend.name)
      text.attribute("nexus.zone", last.zone.rawValue)
      text.attribute("nexus.fallback", last.isFallback)
    }
    let reason = "\(entry.routeReason)"
    if !reason.isEmpty {
      text.attribute("nexus.route_reason", reason)
    } else if !entry.refusal.isEmpty {
      text.attribute("nexus.route_reason", entry.refusal)
    }
    text.attribute("nexus.retries", Int64(max(0, entry.tries.count - 1)))
    if let cost = entry.cost { text.attribute("nexus.cost_usd", Double(cost) / 1_000_000) }
    if entry.firstByte > 0 {
      text.attribute("nexus.time_to_first_token", Self.seconds(entry.started, entry.firstByte))
    }
  }

  /// Whether the fault is not the client's: a status of 5xx, or an answer that broke off.
  private var isFailure: Bool {
    switch entry.outcome {
    case .success, .cancelled: false
    case .error, .timeout: !(400..<500).contains(entry.statusCode)
    }
  }

  private var errorType: String? {
    switch entry.outcome {
    case .success: return nil
    case .cancelled: return "cancelled"
    case .timeout: return "timeout"
    case .error: break
    }
    if !entry.refusal.isEmpty { return entry.refusal }
    if case .failed(let code)? = entry.tries.last?.result { return code.name }
    return entry.statusCode > 0 ? "\(entry.statusCode)" : "_OTHER"
  }

  // MARK: Waits and tries

  private func append(_ wait: RequestTrace.Wait, _ index: Int, to text: inout TraceText) {
    var span = TraceSpan(
      trace.wait(index), parent: trace.context.span, "queue", .internal, start: unix(wait.start),
      end: unix(wait.end))
    switch wait.reason {
    case .queue: text.span(span) { _ in }
    case .load(let model, let backend):
      span.name = Self.loadName
      text.span(span) {
        $0.attribute("gen_ai.request.model", Self.name(Array(model.utf8)))
        $0.attribute("nexus.backend", backend)
      }
    }
  }

  private func append(_ attempt: RequestRecord.Try, to text: inout TraceText) {
    let model = Self.name(attempt.model.idBytes)
    let operation = trace.operation.conventionalName
    var span = TraceSpan(
      trace.attempt(Int(attempt.number)), parent: trace.context.span,
      attempt.isSent ? "\(operation) \(String(decoding: model, as: UTF8.self))" : Self.loadName,
      attempt.isSent ? .client : .internal, start: unix(attempt.started), end: unix(attempt.ended))
    if case .failed(let code) = attempt.result { span.failure = code.name }
    text.span(span) { text in
      text.attribute("gen_ai.operation.name", operation)
      text.attribute("gen_ai.provider.name", attempt.kind.conventionalName)
      text.attribute("gen_ai.request.model", model)
      if entry.isStream { text.attribute("gen_ai.request.stream", true) }
      text.attribute("server.address", attempt.backend.endpoint.host)
      text.attribute("server.port", Int64(attempt.backend.endpoint.port))
      if let error = span.failure { text.attribute("error.type", error) }
      if attempt.isAnswer { appendAnswer(attempt, model, to: &text) }
      text.attribute("nexus.backend", attempt.backend.name)
      text.attribute("nexus.zone", attempt.zone.rawValue)
      text.attribute("nexus.fallback", attempt.isFallback)
      text.attribute("nexus.result", attempt.result.name)
    }
  }

  private func appendAnswer(
    _ attempt: RequestRecord.Try, _ model: [UInt8], to text: inout TraceText
  ) {
    text.attribute("gen_ai.response.model", model)
    if entry.isStream, entry.firstByte > attempt.started {
      text.attribute(
        "gen_ai.response.time_to_first_chunk", Self.seconds(attempt.started, entry.firstByte))
    }
    appendUsage(to: &text)
  }

  private func appendUsage(to text: inout TraceText) {
    guard let usage = entry.usage else { return }
    if let input = usage.input {
      text.attribute("gen_ai.usage.input_tokens", Int64(clamping: input))
    }
    if let output = usage.output {
      text.attribute("gen_ai.usage.output_tokens", Int64(clamping: output))
    }
    if let cached = usage.cached {
      text.attribute("gen_ai.usage.cache_read.input_tokens", Int64(clamping: cached))
    }
    if let reasoning = usage.reasoning {
      text.attribute("gen_ai.usage.reasoning.output_tokens", Int64(clamping: reasoning))
    }
  }

  // MARK: Values

  private static let loadName = "load model"

  private func unix(_ moment: UInt64) -> Int64 { Int64(clamping: moment) &+ offset }

  /// With the precision of the clock.
  private static func seconds(_ from: UInt64, _ to: UInt64) -> Double {
    to > from ? Double(to - from) / 1e9 : 0
  }

  /// The name of a model, which a client may have chosen: not too long, and no key by mistake.
  private static func name(_ model: [UInt8]) -> [UInt8] {
    let name = model.cut(to: HistoryEntry.longestName)
    guard SecretScrub.isSuspicious(name.span) else { return name }
    return Array(SecretScrub.clean(String(decoding: name, as: UTF8.self)).utf8)
  }
}

extension RequestRecord.Try {
  /// Whether the client got an answer of it, be it one that broke off.
  fileprivate var isAnswer: Bool { result == .answered }
}

extension OperationKind {
  /// `gen_ai.operation.name`.
  fileprivate var conventionalName: StaticString {
    switch self {
    case .completions: "text_completion"
    case .embeddings: "embeddings"
    default: "chat"
    }
  }

  /// The path as the documentation has it.
  fileprivate var route: StaticString {
    switch self {
    case .completions: "/v1/completions"
    case .embeddings: "/v1/embeddings"
    default: "/v1/chat/completions"
    }
  }
}

extension BackendKind {
  /// `gen_ai.provider.name`: one of the well-known names, or the type.
  fileprivate var conventionalName: String { type == "google" ? "gcp.gemini" : type }
}
