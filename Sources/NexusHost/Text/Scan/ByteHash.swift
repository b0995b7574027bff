/// A keyed 64-bit hash of bytes at the speed of memory, for tables in one process: prompts of
/// megabytes are hashed once per request.
///
/// It multiplies 64 by 64 bits and folds the halves of the product, as the wyhash family does: one
/// multiplication for sixteen bytes, in four lanes that do not wait for each other. The words that
/// the input is combined with come from the seed, so that whoever does not know it can plan neither
/// a collision nor a factor of zero. Not for cryptography. Same seed and bytes, same hash, on every
/// machine. Immutable; any thread.
public struct ByteHash: Sendable {
  /// A secret word for each lane, and two for what comes after them.
  private let first, second, third, fourth: UInt64
  private let length, last: UInt64

  public init(seed: UInt64) {
    var state = seed
    first = SplitMix.next(&state)
    second = SplitMix.next(&state)
    third = SplitMix.next(&state)
    fourth = SplitMix.next(&state)
    length = SplitMix.next(&state)
    last = SplitMix.next(&state)
  }

  /// The hash of `bytes[range]`, of which what lies outside of the bytes counts for nothing.
  public func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    let range = range.clamped(to: 0..<bytes.count)
    let raw = bytes.bytes
    var offset = range.lowerBound
    let end = range.upperBound
    var a = first
    if end &- offset > 16 {
      var (b, c, d) = (second, third, fourth)
      while end &- offset > 64 {
        a = Self.fold(a ^ Self.word(raw, offset), first ^ Self.word(raw, offset &+ 8))
        b = Self.fold(b ^ Self.word(raw, offset &+ 16), second ^ Self.word(raw, offset &+ 24))
        c = Self.fold(c ^ Self.word(raw, offset &+ 32), third ^ Self.word(raw, offset &+ 40))
        d = Self.fold(d ^ Self.word(raw, offset &+ 48), fourth ^ Self.word(raw, offset &+ 56))
        offset &+= 64
      }
      while end &- offset > 16 {
        b = Self.fold(b ^ Self.word(raw, offset), third ^ Self.word(raw, offset &+ 8))
        offset &+= 16
      }
      // The lanes must not be exchangeable.
      a = a ^ Self.fold(b, fourth) ^ Self.fold(c ^ third, d)
      // The last sixteen bytes, some of which may have been seen already.
      offset = end &- 16
      a = Self.fold(a ^ Self.word(raw, offset), second ^ Self.word(raw, offset &+ 8))
    } else {
      let (low, high) = Self.short(raw, offset, end &- offset)
      a = Self.fold(a ^ low, second ^ high)
    }
    return Self.fold(a ^ length, UInt64(truncatingIfNeeded: range.count) ^ last)
  }

  /// The hash of a list of which `hash` is the beginning and `next` the last element.
  public func chain(_ hash: UInt64, _ next: UInt64) -> UInt64 {
    Self.fold(hash ^ first, next ^ last)
  }

  /// The two halves of the product, one upon the other.
  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// Eight bytes at an offset that the caller has checked.
  @inline(__always)
  private static func word(_ raw: RawSpan, _ offset: Int) -> UInt64 {
    UInt64(
      littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// At most sixteen bytes, which the caller has checked to be there, as two words.
  @inline(__always)
  private static func short(_ raw: RawSpan, _ offset: Int, _ count: Int) -> (UInt64, UInt64) {
    if count >= 8 { return (word(raw, offset), word(raw, offset &+ count &- 8)) }
    var value: UInt64 = 0
    for index in 0..<count {
      let byte = raw.unsafeLoad(fromUncheckedByteOffset: offset &+ index, as: UInt8.self)
      value = value &<< 8 | UInt64(byte)
    }
    return (value, 0)
  }
}
