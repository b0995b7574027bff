/// Why bytes are not an acceptable HTTP/1.1 message, and where.
public struct HTTPParseError: Error, Sendable, Equatable {
  /// What is wrong at `offset`.
  public enum Reason: UInt8, Sendable {
    case badStartLine, badMethod, badTarget, badVersion, unsupportedVersion, badStatus
    case lineTooLong, headTooLarge, tooManyFields
    case bareCarriageReturn, bareLineFeed, controlByte
    case foldedLine, spaceBeforeColon, badFieldName, missingColon
    case missingHost, repeatedHost, badHost
    case repeatedContentLength, badContentLength, contentLengthWithTransferEncoding
    case unknownTransferCoding, badTransferEncoding, transferEncodingInHTTP10
    case badChunkSize, chunkSizeTooLarge, chunkLineTooLong, badChunkEnd, badTrailer

    /// One phrase for people that names the field or the byte.
    public var message: StaticString {
      switch self {
      case .badStartLine: "the first line is not an HTTP start line"
      case .badMethod: "the request method is not a token"
      case .badTarget: "the request target is not valid"
      case .badVersion: "the HTTP version is not written as HTTP/1.1"
      case .unsupportedVersion: "only HTTP/1.0 and HTTP/1.1 are spoken here"
      case .badStatus: "the status code is not a number from 100 to 999"
      case .lineTooLong: "the request line is too long"
      case .headTooLarge: "the header section is too large"
      case .tooManyFields: "the message has too many header fields"
      case .bareCarriageReturn: "a carriage return (0x0D) without a line feed after it"
      case .bareLineFeed: "a line feed (0x0A) without a carriage return before it"
      case .controlByte: "a control character in the head"
      case .foldedLine: "a header line begins with white space (folded lines are obsolete)"
      case .spaceBeforeColon: "white space between a field name and its colon"
      case .badFieldName: "a field name is empty or holds a character that names cannot have"
      case .missingColon: "a header line has no colon"
      case .missingHost: "the Host field is missing"
      case .repeatedHost: "the Host field occurs more than once"
      case .badHost: "the Host field is not a host name or address with an optional port"
      case .repeatedContentLength: "the Content-Length field occurs more than once"
      case .badContentLength: "the Content-Length field is not one decimal number"
      case .contentLengthWithTransferEncoding:
        "Content-Length and Transfer-Encoding occur together"
      case .unknownTransferCoding: "the Transfer-Encoding field names a coding other than chunked"
      case .badTransferEncoding: "the Transfer-Encoding field is not exactly \"chunked\""
      case .transferEncodingInHTTP10: "the Transfer-Encoding field is not allowed in HTTP/1.0"
      case .badChunkSize: "a chunk size is not a hexadecimal number"
      case .chunkSizeTooLarge: "a chunk size is too large"
      case .chunkLineTooLong: "a chunk size line with its extensions is too long"
      case .badChunkEnd: "the data of a chunk is not followed by CR LF"
      case .badTrailer: "a trailer line is not a valid field"
      }
    }

    /// The status with which a server answers a request that has the fault (RFC 9110 §15).
    var requestStatus: Int {
      switch self {
      case .lineTooLong: 414
      case .headTooLarge, .tooManyFields: 431
      case .unknownTransferCoding: 501
      case .unsupportedVersion: 505
      default: 400
      }
    }
  }

  /// What is wrong.
  public let reason: Reason
  /// Where, in bytes from the start of what was given.
  public let offset: Int
  /// The status to answer with: 400, 414, 431, 501 or 505 for a request, 502 where the bytes came
  /// from an upstream server.
  public var status: Int

  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
    status = reason.requestStatus
  }

  /// One phrase for people that names the field or the byte.
  public var message: StaticString { reason.message }

  /// The same fault, found in what an upstream server sent.
  func fromUpstream() -> HTTPParseError {
    var error = self
    error.status = 502
    return error
  }
}
