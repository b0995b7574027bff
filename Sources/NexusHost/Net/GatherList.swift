import CLinux
import Glibc

/// Pieces of buffers to be sent in one go, without copying them together.
///
/// Reused from message to message. Confined to the loop's thread; the buffers named must not change
/// before all is sent.
public final class GatherList {
  private struct Piece {
    let buffer: ByteBuffer
    var start: Int
    var end: Int
  }

  /// Pieces up to this size are copied if that saves a piece.
  private static let copied = 2 * 1024

  /// A connection that once sent a long answer of the host's own does not keep its memory.
  private static let keptOwn = 4 * 1024

  private var pieces: [Piece] = []
  private var first = 0
  /// Bytes that the list holds itself: heads, framing, small answers. Append to it, then `appendOwn`.
  public let own = ByteBuffer()

  public init() {}

  /// Number of bytes that are still to be sent.
  public private(set) var count = 0

  /// Names a range of a buffer as the next piece. A short one is copied behind a piece that is the
  /// list's own, since one plain write is cheaper than a gathering one.
  public func append(_ buffer: ByteBuffer, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    if range.count <= Self.copied, endsInOwn, buffer !== own {
      own.append(buffer, range)
      pieces[pieces.count - 1].end += range.count
      count += range.count
      return
    }
    pieces.append(Piece(buffer: buffer, start: range.lowerBound, end: range.upperBound))
    count += range.count
  }

  public func append(_ buffer: ByteBuffer) { append(buffer, 0..<buffer.count) }

  /// Whether the last piece is the end of the list's own bytes.
  private var endsInOwn: Bool {
    guard let last = pieces.last else { return false }
    return last.buffer === own && last.end == own.count
  }

  /// Makes everything in `own` behind the offset `mark` the next piece.
  public func appendOwn(from mark: Int) {
    let added = own.count - mark
    guard added > 0 else { return }
    if let last = pieces.last, last.buffer === own, last.end == mark {
      pieces[pieces.count - 1].end += added
      count += added
    } else {
      append(own, mark..<own.count)
    }
  }

  /// Copies a short text as the next piece.
  public func copy(_ text: StaticString) {
    let mark = own.count
    own.append(text)
    appendOwn(from: mark)
  }

  /// Copies bytes as the next piece.
  public func copy(_ bytes: [UInt8]) {
    let mark = own.count
    own.append(bytes)
    appendOwn(from: mark)
  }

  public func removeAll() {
    if own.capacity > Self.keptOwn { own.release() } else { own.removeAll() }
    // A few pieces: taking them one by one is cheaper than the general replacement.
    while pieces.popLast() != nil {}
    first = 0
    count = 0
  }

  /// Marks bytes at the front as sent.
  func advance(_ bytes: Int) {
    count -= bytes
    var rest = bytes
    while rest > 0 {
      let size = pieces[first].end - pieces[first].start
      guard size <= rest else {
        pieces[first].start += rest
        return
      }
      rest -= size
      first += 1
    }
  }

  /// The next run of bytes, for a transport that takes one at a time.
  var next: UnsafeRawBufferPointer {
    guard first < pieces.count else { return .init(start: nil, count: 0) }
    let piece = pieces[first]
    let address = piece.buffer.address(at: piece.start)
    return .init(start: address, count: piece.end - piece.start)
  }

  /// Sends what the socket takes. Returns the number of bytes, or -1 with errno set.
  func send(to fd: Int32) -> Int {
    withUnsafeTemporaryAllocation(of: iovec.self, capacity: 8) { vectors in
      var used = 0
      while used < 8, first + used < pieces.count {
        let piece = pieces[first + used]
        vectors[used] = iovec(
          iov_base: piece.buffer.address(at: piece.start), iov_len: piece.end - piece.start)
        used += 1
      }
      if used == 1, let only = vectors[0].iov_base {
        return Glibc.send(fd, only, vectors[0].iov_len, Int32(MSG_NOSIGNAL))
      }
      var message = msghdr()
      message.msg_iov = vectors.baseAddress
      message.msg_iovlen = used
      return sendmsg(fd, &message, Int32(MSG_NOSIGNAL))
    }
  }
}
