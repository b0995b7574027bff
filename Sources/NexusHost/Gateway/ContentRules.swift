import HTTP

/// Which declared content types a JSON endpoint takes.
enum ContentRules {
  /// JSON is taken declared or not, since some clients declare nothing. A page in a browser must
  /// declare it: that is what makes the browser ask before it sends a request across origins.
  static func check(_ request: RequestHead, _ bytes: Span<UInt8>) throws(APIError) {
    guard let range = request.value("content-type", in: bytes) else {
      guard request.value("origin", in: bytes) == nil else {
        throw .refused(
          415, code: "unsupported_media_type",
          "A request with an Origin header needs 'Content-Type: application/json'.")
      }
      return
    }
    guard isJSON(bytes.extracting(range)) else {
      throw .refused(
        415, code: "unsupported_media_type",
        "The Content-Type of the request is not JSON; use 'application/json'.")
    }
  }

  /// "application/json" or "application/…+json", whatever the parameters.
  private static func isJSON(_ value: Span<UInt8>) -> Bool {
    var type: [UInt8] = []
    for index in value.indices {
      let byte = value[index]
      if byte == UInt8(ascii: ";") || byte == 0x20 || byte == 0x09 { break }
      type.append(byte >= 65 && byte <= 90 ? byte | 0x20 : byte)
    }
    return type.elementsEqual("application/json".utf8)
      || type.starts(with: "application/".utf8) && type.suffix(5).elementsEqual("+json".utf8)
  }
}
