import Config
import Control
import Drivers
import Fleet
import Telemetry

/// What the log says about every request.
public struct AccessRules: Sendable {
  /// Whether requests leave a line.
  public var isOn = true
  /// Whether the first words of prompts, and what backends say about failures, may be in it.
  public var includesContent = false

  public init(_ settings: Settings.Logging = .init()) {
    isOn = settings.access
    includesContent = settings.enableContentLogging
  }
}

/// Writes the one line that every request leaves. Its fields are stable: docs/OPERATIONS.md lists
/// them.
enum AccessLine {
  /// Longest names and messages, in bytes.
  private static let nameLimit = 128
  private static let messageLimit = 1_024

  static func write(
    _ record: RequestRecord, id: [UInt8], rules: AccessRules, to log: Log, into line: LogLine
  ) {
    guard rules.isOn else { return }
    log.write(level(of: record), .api, "request completed", into: line) { line in
      line.field("request_id", text: id.span)
      if let trace = record.trace { line.field("trace_id", text: trace.context.trace.digits.span) }
      line.field("endpoint", fixed: record.endpoint)
      if !record.isInformational { appendPlace(record, to: line) }
      line.field("status", fixed: record.outcome.name)
      line.field("status_code", Int64(record.statusCode))
      if record.outcome != .success { appendError(record, rules, to: line) }
      line.field("latency_ms", milliseconds(record.started, record.ended))
      if !record.isInformational { appendCourse(record, to: line) }
      if rules.includesContent { line.field("prompt_preview", record.promptPreview) }
    }
  }

  /// Where it was to go, and where it went.
  private static func appendPlace(_ record: RequestRecord, to line: LogLine) {
    let asked = record.model
    line.field("model", from: asked.span.extracting(first: nameLimit))
    guard let last = record.tries.last else { return line.field("backend", fixed: "none") }
    if last.model.idBytes != asked {
      let served = last.model.idBytes
      line.field("actual_model", text: served.span.extracting(first: nameLimit))
    }
    let name = last.backend.name.utf8
    line.field("backend", text: name.span)
    let type = last.kind.typeBytes
    line.field("backend_type", text: type.span)
    line.field(
      "backend_class", fixed: Backend.isCloud(last.kind) ? "cloud" : "local")
    line.field("zone", fixed: last.zone.text)
  }

  /// How it went.
  private static func appendCourse(_ record: RequestRecord, to line: LogLine) {
    if record.isStream, record.firstByte > 0 {
      line.field("ttft_ms", milliseconds(record.started, record.firstByte))
    }
    if let wait = record.queueWait { line.field("queue_wait_ms", Int64(wait / 1_000_000)) }
    if let usage = record.usage {
      if let input = usage.input { line.field("tokens_prompt", Int64(clamping: input)) }
      if let output = usage.output { line.field("tokens_completion", Int64(clamping: output)) }
      if let input = usage.input, let output = usage.output {
        line.field("tokens_total", Int64(clamping: input &+ output))
      }
    }
    if let cost = record.cost { line.field("cost_usd", BudgetLedger.dollars(cost)) }
    line.field("stream", record.isStream)
    line.field("route_reason", fixed: record.routeReason)
    line.field("route_reason", record.refusal)
    line.field("retry_count", Int64(record.retries))
    if record.retries > 0 {
      line.field(
        "fallback_chain", record.tries.list.map(\.backend.name).joined(separator: ","))
    }
  }

  private static func appendError(
    _ record: RequestRecord, _ rules: AccessRules, to line: LogLine
  ) {
    let message = rules.includesContent ? record.errorDetail : record.errorMessage
    guard message.utf8.count > messageLimit else { return line.field("error_message", message) }
    line.field("error_message", String(message.prefix(messageLimit / 4)) + "...")
  }

  private static func level(of record: RequestRecord) -> LogLevel {
    switch record.outcome {
    case .success where record.isInformational: .debug
    case .success where record.retries > 0 || record.fallback != nil: .warn
    case .success: .info
    case .cancelled: .info
    // The client's own fault; what broke in the middle of an answer has a good status.
    case .error, .timeout: (400..<500).contains(record.statusCode) ? .info : .error
    }
  }

  private static func milliseconds(_ from: UInt64, _ to: UInt64) -> Int64 {
    to > from ? Int64(clamping: (to - from) / 1_000_000) : 0
  }
}
