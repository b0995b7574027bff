/// Cuts requests out of the bytes that a connection delivers, however they are split.
struct RequestParser {
  enum Step {
    case needMore
    /// The head asks for `100 Continue` before it sends its body.
    case wantsContinue
    case request(Request)
    case bad(String)
  }

  private var input: [UInt8] = []
  private var consumed = 0
  private var head: Request?
  private var body: [UInt8] = []
  private var bodyLength: Int?
  private var continued = false

  private static let longestHead = 64 * 1024
  private static let longestBody = 64 * 1024 * 1024

  /// True between the first byte of a request and its last.
  var isInsideRequest: Bool { head != nil || consumed < input.count }

  /// What has been read of a request that is not complete yet.
  var partial: Request? { head }

  mutating func append(_ bytes: UnsafeRawBufferPointer) { input.append(contentsOf: bytes) }

  /// The next complete request, if there is one.
  mutating func next() -> Step {
    if head == nil {
      guard let end = endOfHead() else {
        return input.count - consumed > RequestParser.longestHead
          ? .bad("head too long") : .needMore
      }
      guard let parsed = RequestParser.head(input[consumed..<end]) else { return .bad("bad head") }
      consumed = end
      head = parsed
      if let problem = readFraming(parsed) { return .bad(problem) }
      if parsed.header("expect")?.lowercased() == "100-continue", !continued {
        continued = true
        return .wantsContinue
      }
    }
    return bodyLength == nil ? nextChunked() : nextSized()
  }

  private func endOfHead() -> Int? {
    var index = consumed
    while index + 3 < input.count {
      if input[index] == 13, input[index + 1] == 10, input[index + 2] == 13, input[index + 3] == 10
      {
        return index + 4
      }
      index += 1
    }
    return nil
  }

  private static func head(_ bytes: ArraySlice<UInt8>) -> Request? {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    guard let first = lines.first?.split(separator: " "), first.count == 3,
      first[2].hasPrefix("HTTP/1.")
    else { return nil }
    var headers: [(name: String, value: String)] = []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      headers.append((String(line[..<colon]), String(value)))
    }
    return Request(
      method: String(first[0]), target: String(first[1]), version: String(first[2]),
      headers: headers)
  }

  private mutating func readFraming(_ request: Request) -> String? {
    if request.header("transfer-encoding")?.lowercased() == "chunked" {
      bodyLength = nil
      return request.header("content-length") == nil ? nil : "length and chunked"
    }
    guard let text = request.header("content-length") else {
      bodyLength = 0
      return nil
    }
    guard let length = Int(text), 0...RequestParser.longestBody ~= length else {
      return "bad Content-Length"
    }
    bodyLength = length
    return nil
  }

  private mutating func nextSized() -> Step {
    guard let length = bodyLength, input.count - consumed >= length else { return .needMore }
    body = Array(input[consumed..<consumed + length])
    consumed += length
    return finish()
  }

  private mutating func nextChunked() -> Step {
    while true {
      guard let lineEnd = endOfLine(from: consumed) else { return .needMore }
      let digits = input[consumed..<lineEnd].prefix { $0 != UInt8(ascii: ";") }
      guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0,
        body.count + size <= RequestParser.longestBody
      else { return .bad("bad chunk size") }
      guard input.count >= lineEnd + 2 + size + 2 else { return .needMore }
      body += input[lineEnd + 2..<lineEnd + 2 + size]
      consumed = lineEnd + 2 + size + 2
      if size == 0 { return finish() }
    }
  }

  private func endOfLine(from start: Int) -> Int? {
    var index = start
    while index + 1 < input.count {
      if input[index] == 13, input[index + 1] == 10 { return index }
      index += 1
    }
    return nil
  }

  private mutating func finish() -> Step {
    guard var request = head else { return .needMore }
    request.body = body
    head = nil
    body = []
    bodyLength = nil
    continued = false
    input.removeFirst(consumed)
    consumed = 0
    return .request(request)
  }
}
