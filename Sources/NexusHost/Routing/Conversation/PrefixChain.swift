import Text

/// The beginnings of a prompt, from its first part to the whole of it, each as one hash: two prompts
/// that begin with the same parts have chains that begin with the same links.
///
/// A part is what the prompt is made of: the tools, the system prompt, each message. A link depends
/// on its part and all before it, and on nothing that follows or stands between parts. Of a long
/// prompt the first and the last links are kept: the first are shared with other conversations, the
/// last are where the present one goes on.
public struct PrefixChain: Sendable {
  /// A beginning of the prompt.
  public struct Link: Equatable, Sendable {
    public let hash: UInt64
    /// The bytes of its parts.
    public let bytes: UInt64
  }

  /// The shortest beginning first; at most `mostFirst + mostLast`.
  public private(set) var links: [Link] = []
  public static let mostFirst = 8
  public static let mostLast = 56
  /// Where the oldest of the last links stands, once there are more than are kept.
  private var oldest = mostFirst
  private var hash: UInt64 = 0
  /// Bytes of all parts so far.
  public private(set) var bytes: UInt64 = 0

  public init() {}

  /// The chain of a prompt whose parts stand at `parts` in `body`.
  public init(_ body: Span<UInt8>, parts: [Range<Int>], _ hasher: ByteHash) {
    for part in parts { append(body, part, hasher) }
    finish()
  }

  /// Begins another chain in the same memory.
  public mutating func removeAll() {
    links.removeAll(keepingCapacity: true)
    oldest = Self.mostFirst
    hash = 0
    bytes = 0
  }

  /// Adds the next part; `finish` must follow the last one.
  public mutating func append(_ body: Span<UInt8>, _ part: Range<Int>, _ hasher: ByteHash) {
    hash = hasher.chain(hash, hasher.hash(body, part))
    bytes += UInt64(part.count)
    let link = Link(hash: hash, bytes: bytes)
    if links.count < Self.mostFirst + Self.mostLast { return links.append(link) }
    links[oldest] = link
    oldest = oldest + 1 < links.count ? oldest + 1 : Self.mostFirst
  }

  /// Puts the links in order.
  public mutating func finish() {
    guard oldest > Self.mostFirst else { return }
    let last = links[oldest...] + links[Self.mostFirst..<oldest]
    links.replaceSubrange(Self.mostFirst..., with: last)
    oldest = Self.mostFirst
  }
}
