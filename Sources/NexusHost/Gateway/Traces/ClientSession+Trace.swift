import Drivers
import HTTP
import Net
import Telemetry
import Text

extension ClientSession {
  /// Begins the trace of the present request, in the client's if it told one.
  func beginTrace(_ operation: OperationKind, _ rules: TraceRules) {
    let input = connection.input
    let client = TraceFields.parent(connection.request.fields, input.span)
    record.trace = RequestTrace(operation, in: client, rules, &worker.ids)
  }

  /// The header lines that go up with the try that has begun last.
  var linesForTry: [UInt8] {
    guard let trace = record.trace else { return forwarded }
    var lines = forwarded
    trace.attempt(record.tries.count - 1).appendLine(to: &lines)
    return lines
  }
}

/// The header fields of W3C Trace Context.
enum TraceFields {
  /// What of them goes up as the client sent it.
  enum Passing {
    /// Both: the gateway does not trace.
    case both
    /// `tracestate`, which belongs to the client's trace; in `traceparent` the gateway names its own
    /// span.
    case state
    /// Neither: the trace is another one (§3.4).
    case neither
  }

  static func passing(_ trace: RequestTrace?) -> Passing {
    guard let trace else { return .both }
    return trace.parent == nil ? .neither : .state
  }

  /// Whether a field is one of those that go up.
  static func passesOn(_ field: HTTPField, _ bytes: Span<UInt8>, _ passing: Passing) -> Bool {
    switch field.name.count {
    case 10:
      passing != .neither && ByteSearch.equalsIgnoringCase(bytes, field.name, "tracestate")
    case 11: passing == .both && isParent(field, bytes)
    default: false
    }
  }

  /// Where a client's span stands; nil if it told none, or several, or nothing that can be understood.
  static func parent(_ fields: [HTTPField], _ bytes: Span<UInt8>) -> TraceContext? {
    var found: Range<Int>?
    for field in fields where field.name.count == 11 && isParent(field, bytes) {
      guard found == nil else { return nil }
      found = field.value
    }
    return found.flatMap { TraceContext(bytes, $0) }
  }

  private static func isParent(_ field: HTTPField, _ bytes: Span<UInt8>) -> Bool {
    ByteSearch.equalsIgnoringCase(bytes, field.name, "traceparent")
  }
}
