import HTTP
import Text

/// Which declared content types a JSON endpoint takes.
enum ContentRules {
  /// JSON is taken declared or not, since some clients declare nothing. A page in a browser must
  /// declare it: that is what makes the browser ask before it sends a request across origins.
  static func check(_ fields: [HTTPField], _ bytes: Span<UInt8>) throws(APIError) {
    guard let range = fields.value("content-type", in: bytes) else {
      guard fields.value("origin", in: bytes) == nil else {
        throw .refused(
          415, code: "unsupported_media_type",
          "A request with an Origin header needs 'Content-Type: application/json'.")
      }
      return
    }
    guard isJSON(bytes, range) else {
      throw .refused(
        415, code: "unsupported_media_type",
        "The Content-Type of the request is not JSON; use 'application/json'.")
    }
  }

  /// "application/json" or "application/…+json", whatever the parameters.
  private static func isJSON(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    // What nearly every client says.
    if ByteSearch.equalsIgnoringCase(bytes, range, "application/json") { return true }
    var end = range.lowerBound
    while end < range.upperBound, bytes[end] != UInt8(ascii: ";"), bytes[end] > 0x20 { end += 1 }
    let type = range.lowerBound..<end
    if ByteSearch.equalsIgnoringCase(bytes, type, "application/json") { return true }
    guard type.count > 17 else { return false }
    let start = type.lowerBound..<type.lowerBound + 12
    return ByteSearch.equalsIgnoringCase(bytes, start, "application/")
      && ByteSearch.equalsIgnoringCase(bytes, end - 5..<end, "+json")
  }
}
