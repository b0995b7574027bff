import Config
import Drivers
import Text

/// Writes OpenAI's error envelope: the one place where an error becomes bytes.
enum ErrorBody {
  /// The body of an error response.
  static func json(_ error: APIError) -> [UInt8] {
    var out: [UInt8] = []
    JSONWriter.appendRaw("{\"error\":{\"message\":", to: &out)
    append(error.message, to: &out)
    JSONWriter.appendRaw(",\"type\":", to: &out)
    append(error.type, to: &out)
    JSONWriter.appendRaw(",\"param\":", to: &out)
    append(error.param, to: &out)
    JSONWriter.appendRaw(",\"code\":", to: &out)
    append(error.code, to: &out)
    if let context = error.context { append(context, to: &out) }
    JSONWriter.appendRaw("}}", to: &out)
    return out
  }

  /// What ends a stream that broke: an event with the error, which OpenAI's clients raise, and the
  /// usual last event.
  static func streamEnd(for failure: DriverFailure) -> [UInt8] {
    streamEnd(for: APIError.failed(failure, timedOut: false, message: failure.message))
  }

  /// The same for an error of the host's own.
  static func streamEnd(for error: APIError) -> [UInt8] {
    Array("data: ".utf8) + json(error) + Array("\n\ndata: [DONE]\n\n".utf8)
  }

  private static func append(_ context: APIError.Context, to out: inout [UInt8]) {
    JSONWriter.appendRaw(",\"context\":{\"required_tier\":", to: &out)
    append(context.requiredTier, to: &out)
    JSONWriter.appendRaw(",\"available_backends\":[", to: &out)
    for (index, name) in context.availableBackends.enumerated() {
      if index > 0 { JSONWriter.appendRaw(",", to: &out) }
      append(name, to: &out)
    }
    JSONWriter.appendRaw("],\"eta_seconds\":", to: &out)
    append(context.etaSeconds, to: &out)
    JSONWriter.appendRaw(",\"privacy_zone_required\":", to: &out)
    append(context.requiredZone?.rawValue, to: &out)
    JSONWriter.appendRaw(",\"rejections\":", to: &out)
    out += RejectionFields.details(of: context.refusals.prefix(RejectionFields.listed))
    JSONWriter.appendRaw("}", to: &out)
  }

  private static func append(_ number: Int?, to out: inout [UInt8]) {
    guard let number else { return JSONWriter.appendRaw("null", to: &out) }
    JSONWriter.appendInteger(Int64(number), to: &out)
  }

  private static func append(_ text: String?, to out: inout [UInt8]) {
    guard let text else { return JSONWriter.appendRaw("null", to: &out) }
    JSONWriter.appendString(Array(text.utf8), to: &out)
  }
}
