/// Finds the payload in the bytes of a message body, whatever its framing (RFC 9112 §6).
public struct BodyDecoder: Sendable {
  public enum Step: Equatable, Sendable {
    /// Payload bytes, as a range of what was given.
    case data(Range<Int>)
    /// All given bytes are used up, and the body goes on.
    case more
    /// The body is complete; the offset is the first byte behind it.
    case end(Int)
  }

  private enum State {
    case fixed(remaining: UInt64)
    case chunked(ChunkedDecoder)
    case untilClose
    case finished
  }

  private var state: State

  public init(_ framing: BodyFraming) {
    switch framing {
    case .none: state = .fixed(remaining: 0)
    case .length(let length): state = .fixed(remaining: length)
    case .chunked: state = .chunked(ChunkedDecoder())
    case .untilClose: state = .untilClose
    }
  }

  /// Whether the end of the connection is the end of the body.
  public var endsByClose: Bool {
    if case .untilClose = state { return true }
    return false
  }

  /// Whether `end` was given.
  public var isFinished: Bool {
    if case .finished = state { return true }
    return false
  }

  /// The next step over `bytes[from...]`. Throws where the framing is broken.
  public mutating func next(
    _ bytes: Span<UInt8>, from: Int
  ) throws(HTTPParseError) -> Step {
    switch state {
    case .finished: return .end(from)
    case .untilClose: return from < bytes.count ? .data(from..<bytes.count) : .more
    case .fixed(let remaining):
      guard remaining > 0 else {
        state = .finished
        return .end(from)
      }
      let count = min(remaining, UInt64(bytes.count - from))
      guard count > 0 else { return .more }
      state = .fixed(remaining: remaining - count)
      return .data(from..<from + Int(count))
    case .chunked(var decoder):
      let step = try decoder.next(bytes, from: from)
      state = .chunked(decoder)
      switch step {
      case .data(let range): return .data(range)
      case .more: return .more
      case .end(let offset):
        state = .finished
        return .end(offset)
      }
    }
  }
}
