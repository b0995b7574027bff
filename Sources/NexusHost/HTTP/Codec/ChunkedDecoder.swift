import Text

/// Finds the payload in a body with chunked transfer coding (RFC 9112 §7.1), without copying and
/// for any cuts. Strict: CR LF everywhere, and nothing around a chunk size but extensions. One
/// value per body; not to be shared by threads.
public struct ChunkedDecoder: Sendable {
  /// What the next bytes are.
  public enum Step: Equatable, Sendable {
    /// Payload at this range of the bytes given; ask again from its end.
    case data(Range<Int>)
    /// All bytes given are used up, and the body goes on.
    case more
    /// The body ended; what follows starts at this offset.
    case end(Int)
  }

  private enum State: UInt8 {
    case sizeStart, size, extensions, sizeLineFeed, data, dataReturn, dataLineFeed
    case trailerStart, trailerName, trailerValue, trailerLineFeed, endLineFeed, ended
  }

  /// Longest chunk size line with its extensions, in bytes.
  static let maxSizeLine = 4096

  private var state = State.sizeStart
  /// In `size` the size so far, in `data` the bytes of the chunk that are still to come.
  private var size: UInt64 = 0
  /// Length of the current size line or trailer section so far.
  private var lineLength = 0
  private let maxTrailerBytes: Int
  private let status: Int?

  /// Whether a chunk extension or a trailer field was seen. A relay that passes the framing on as
  /// it is has to make its own from there on, unless it means to pass these on too.
  public private(set) var sawExtensionOrTrailer = false

  /// - Parameters:
  ///   - limits: `maxHeadBytes` also bounds the trailer section.
  ///   - fromUpstream: whether the body comes from an upstream server: its faults are 502.
  public init(limits: HTTPLimits = HTTPLimits(), fromUpstream: Bool = false) {
    maxTrailerBytes = limits.maxHeadBytes
    status = fromUpstream ? 502 : nil
  }

  /// Whether the end of the body was found.
  public var isEnded: Bool { state == .ended }

  /// The next step over `bytes[from...]`. Give each byte once: go on at the end of `.data`, and
  /// with new bytes after `.more`.
  ///
  /// - Throws: what is wrong; the connection cannot be used any more.
  public mutating func next(
    _ bytes: Span<UInt8>, from: Int
  ) throws(HTTPParseError) -> Step {
    var offset = max(from, 0)
    while offset < bytes.count {
      switch state {
      case .data: return take(bytes, from: offset)
      case .ended: return .end(offset)
      default:
        try step(bytes, at: offset)
        offset &+= 1
        if state == .ended { return .end(offset) }
      }
    }
    return state == .ended ? .end(offset) : .more
  }

  /// The payload at `offset`, as far as it is here.
  private mutating func take(_ bytes: Span<UInt8>, from offset: Int) -> Step {
    let here = bytes.count &- offset
    let taken = size < UInt64(here) ? Int(size) : here
    size -= UInt64(taken)
    if size == 0 { state = .dataReturn }
    return .data(offset..<(offset &+ taken))
  }

  /// Takes one byte that is not payload.
  private mutating func step(_ bytes: Span<UInt8>, at offset: Int) throws(HTTPParseError) {
    let byte = ByteSearch.peek(bytes, offset)
    switch state {
    case .sizeStart, .size, .extensions: try stepSizeLine(byte, at: offset)
    case .sizeLineFeed:
      try expect(0x0A, byte, .badChunkSize, at: offset)
      state = size == 0 ? .trailerStart : .data
      lineLength = 0
    case .dataReturn:
      try expect(0x0D, byte, .badChunkEnd, at: offset)
      state = .dataLineFeed
    case .dataLineFeed:
      try expect(0x0A, byte, .badChunkEnd, at: offset)
      state = .sizeStart
    case .trailerStart, .trailerName, .trailerValue: try stepTrailer(byte, at: offset)
    case .trailerLineFeed:
      try expect(0x0A, byte, .badTrailer, at: offset)
      state = .trailerStart
    case .endLineFeed:
      try expect(0x0A, byte, .badTrailer, at: offset)
      state = .ended
    case .data, .ended: break
    }
  }

  /// chunk-size [chunk-ext] CR
  private mutating func stepSizeLine(_ byte: UInt8, at offset: Int) throws(HTTPParseError) {
    lineLength &+= 1
    if lineLength > Self.maxSizeLine { throw failure(.chunkLineTooLong, at: offset) }
    if state == .extensions {
      // An extension says nothing to us, but a line end hidden in it would say different things to
      // different parsers.
      if byte == 0x0D {
        state = .sizeLineFeed
      } else if (byte < 0x20 && byte != 0x09) || byte == 0x7F {
        throw failure(byte == 0x0A ? .bareLineFeed : .controlByte, at: offset)
      }
      return
    }
    if let digit = Self.hexDigit(byte) {
      size = state == .sizeStart ? UInt64(digit) : size << 4 | UInt64(digit)
      // Keeps sums of sizes far from overflow; no body is an exabyte long.
      if size >> 60 != 0 { throw failure(.chunkSizeTooLarge, at: offset) }
      state = .size
    } else if state == .size, byte == 0x0D {
      state = .sizeLineFeed
    } else if state == .size, byte == UInt8(ascii: ";") {
      sawExtensionOrTrailer = true
      state = .extensions
    } else {
      throw failure(.badChunkSize, at: offset)
    }
  }

  /// *( field-line CR LF ) CR
  private mutating func stepTrailer(_ byte: UInt8, at offset: Int) throws(HTTPParseError) {
    lineLength &+= 1
    if lineLength > maxTrailerBytes { throw failure(.headTooLarge, at: offset) }
    switch state {
    case .trailerStart where byte == 0x0D: state = .endLineFeed
    case .trailerName where byte == UInt8(ascii: ":"): state = .trailerValue
    case .trailerStart, .trailerName:
      guard ByteSearch.isToken(byte) else { throw failure(.badTrailer, at: offset) }
      sawExtensionOrTrailer = true
      state = .trailerName
    default:
      if byte == 0x0D {
        state = .trailerLineFeed
      } else if (byte < 0x20 && byte != 0x09) || byte == 0x7F {
        throw failure(.badTrailer, at: offset)
      }
    }
  }

  private func expect(
    _ wanted: UInt8, _ byte: UInt8, _ reason: HTTPParseError.Reason, at offset: Int
  ) throws(HTTPParseError) {
    if byte != wanted { throw failure(reason, at: offset) }
  }

  private func failure(_ reason: HTTPParseError.Reason, at offset: Int) -> HTTPParseError {
    let error = HTTPParseError(reason, at: offset)
    return status == nil ? error : error.fromUpstream()
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }
}
