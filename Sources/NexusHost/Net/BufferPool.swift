/// Buffers of one loop that wait for their next use, so that an idle connection holds none.
public final class BufferPool {
  /// What a fresh buffer holds: a usual request with room to spare.
  private static let usualCapacity = 16 * 1024
  /// Larger memory is given back, except for a few buffers, so that a burst of large bodies does
  /// not stay resident.
  private static let largestKept = 64 * 1024
  private static let keptLarge = 2
  private static let largestLarge = 4 * 1024 * 1024
  private static let keptUsual = 256

  private var usual: [ByteBuffer] = []
  private var large: [ByteBuffer] = []

  init() {}

  /// An empty buffer.
  public func take() -> ByteBuffer {
    if let buffer = usual.popLast() { return buffer }
    let buffer = ByteBuffer()
    buffer.reserve(Self.usualCapacity)
    return buffer
  }

  /// An empty buffer with room for `size` bytes.
  public func take(size: Int) -> ByteBuffer {
    guard size > Self.usualCapacity else { return take() }
    let buffer = large.popLast() ?? ByteBuffer()
    buffer.reserve(size)
    return buffer
  }

  /// Takes a buffer back; whoever gives it must not use it any more.
  public func give(_ buffer: ByteBuffer) {
    buffer.removeAll()
    if buffer.capacity <= Self.largestKept {
      if usual.count < Self.keptUsual { usual.append(buffer) }
    } else if large.count < Self.keptLarge, buffer.capacity <= Self.largestLarge {
      large.append(buffer)
    }
  }
}
