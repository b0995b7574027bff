import Foundation

@testable import HTTP

/// What a parse of a request head came to.
struct ParsedRequest: Equatable {
  var length: Int
  var method: HTTPMethod
  var methodName: String
  var target: String
  var path: String
  var authority: String?
  var fields: [String]
  var isHTTP10: Bool
  var keepAlive: Bool
  var framing: BodyFraming
  var expectsContinue: Bool
  var hasUpgrade: Bool

  init(_ head: RequestHead, length: Int, _ bytes: [UInt8]) {
    self.length = length
    method = head.method
    methodName = text(bytes, head.methodRange)
    target = text(bytes, head.target)
    path = text(bytes, head.path)
    authority = head.authority.map { text(bytes, $0) }
    fields = head.fields.map { "\(text(bytes, $0.name))=\(text(bytes, $0.value))" }
    isHTTP10 = head.isHTTP10
    keepAlive = head.keepAlive
    framing = head.framing
    expectsContinue = head.expectsContinue
    hasUpgrade = head.hasUpgrade
  }
}

/// What a parse of a response head came to.
struct ParsedResponse: Equatable {
  var length: Int
  var status: Int
  var reason: String
  var fields: [String]
  var keepAlive: Bool
  var framing: BodyFraming

  init(_ head: ResponseHead, length: Int, _ bytes: [UInt8]) {
    self.length = length
    status = head.status
    reason = text(bytes, head.reason)
    fields = head.fields.map { "\(text(bytes, $0.name))=\(text(bytes, $0.value))" }
    keepAlive = head.keepAlive
    framing = head.framing
  }
}

/// The outcome of feeding bytes to a parser.
enum Outcome<Head: Equatable>: Equatable {
  case head(Head)
  case more
  case error(HTTPParseError)

  var head: Head? { if case .head(let head) = self { head } else { nil } }
  var error: HTTPParseError? { if case .error(let error) = self { error } else { nil } }
}

/// Feeds `bytes` to a fresh parser so that it sees them grow: first up to each cut, then whole.
func parseRequest(
  _ bytes: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()
) -> Outcome<ParsedRequest> {
  var parser = HeadParser(limits: limits)
  var head = RequestHead()
  for end in cuts + [bytes.count] {
    let part = Array(bytes[..<end])
    do throws(HTTPParseError) {
      if let length = try parser.request(part.span, into: &head) {
        return .head(ParsedRequest(head, length: length, part))
      }
    } catch { return .error(error) }
  }
  return .more
}

/// The same for a response.
func parseResponse(
  _ bytes: [UInt8], cuts: [Int] = [], toHead: Bool = false, limits: HTTPLimits = HTTPLimits()
) -> Outcome<ParsedResponse> {
  var parser = HeadParser(limits: limits)
  var head = ResponseHead()
  for end in cuts + [bytes.count] {
    let part = Array(bytes[..<end])
    do throws(HTTPParseError) {
      if let length = try parser.response(part.span, toHead: toHead, into: &head) {
        return .head(ParsedResponse(head, length: length, part))
      }
    } catch { return .error(error) }
  }
  return .more
}

/// A chunked body decoded: the payload and where it ended, or how it failed.
enum ChunkedOutcome: Equatable {
  case ended([UInt8], Int)
  case more([UInt8])
  case failed(HTTPParseError.Reason, Int)
}

/// Decodes a chunked body that arrives in the pieces that `cuts` makes; offsets count from the
/// beginning of `bytes`.
func decodeChunked(_ bytes: [UInt8], cuts: [Int] = []) -> ChunkedOutcome {
  var decoder = ChunkedDecoder()
  var payload: [UInt8] = []
  var start = 0
  for end in cuts + [bytes.count] {
    let piece = Array(bytes[start..<end])
    var offset = 0
    pieces: while true {
      do throws(HTTPParseError) {
        switch try decoder.next(piece.span, from: offset) {
        case .data(let range):
          payload += piece[range]
          offset = range.upperBound
        case .more: break pieces
        case .end(let end): return .ended(payload, start + end)
        }
      } catch { return .failed(error.reason, start + error.offset) }
    }
    start = end
  }
  return .more(payload)
}

func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
  String(decoding: bytes[range], as: UTF8.self)
}

/// A recorded exchange of the folder Tests/Fixtures.
struct Recording {
  let name: String
  let bytes: [UInt8]

  /// All files of `folder` whose name ends in `suffix`, without those that end in `not`.
  static func all(in folder: String, suffix: String, not: String? = nil) throws -> [Recording] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let directory = tests.appendingPathComponent("Fixtures/\(folder)")
    return try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      .filter { name in name.hasSuffix(suffix) && !(not.map { name.hasSuffix($0) } ?? false) }
      .map { name in
        Recording(
          name: name, bytes: Array(try Data(contentsOf: directory.appendingPathComponent(name))))
      }
  }
}
