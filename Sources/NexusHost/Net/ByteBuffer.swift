import Glibc

/// Bytes that grow at the end and are consumed at the front.
///
/// The memory is the C library's, so that a body that grows is moved by the kernel's page tables
/// and not by copying. Confined to the loop's thread. Offsets count from the first unconsumed byte.
public final class ByteBuffer {
  @usableFromInline var memory: UnsafeMutableRawPointer?
  private var start = 0
  @usableFromInline var end = 0
  public internal(set) var capacity = 0

  public init() {}

  deinit { free(memory) }

  /// Number of unconsumed bytes.
  public var count: Int { end - start }
  public var isEmpty: Bool { start == end }
  /// Room behind the bytes.
  @inlinable var spare: Int { capacity &- end }

  /// The unconsumed bytes. Valid until the buffer is changed.
  public var span: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let bytes = UnsafeBufferPointer(start: address(start), count: count)
      // The memory lives as long as the buffer, which the result borrows.
      return _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self)
    }
  }

  public subscript(offset: Int) -> UInt8 { span[offset] }

  /// A copy of a range of the bytes.
  public func bytes(_ range: Range<Int>) -> [UInt8] {
    let span = span.extracting(range)
    return [UInt8](unsafeUninitializedCapacity: range.count) { target, count in
      span.withUnsafeBufferPointer { _ = target.initialize(from: $0) }
      count = range.count
    }
  }

  /// A range of the bytes as text, with bad UTF-8 replaced.
  public func text(_ range: Range<Int>) -> String {
    span.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }

  /// Makes room for `extra` more bytes.
  @inlinable @inline(__always)
  public func reserve(_ extra: Int) {
    if spare < extra { grow(extra) }
  }

  @usableFromInline @inline(never)
  func grow(_ extra: Int) {
    if start > 0, capacity - count >= extra, start >= count {
      if let memory { memmove(memory, memory + start, count) }
      end = count
      start = 0
      return
    }
    let wanted = max(end + extra, capacity * 2, 512)
    guard let grown = realloc(memory, wanted) else { return }
    memory = grown
    capacity = wanted
  }

  public func append(_ bytes: Span<UInt8>) {
    guard bytes.count > 0 else { return }
    reserve(bytes.count)
    bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress, let target = memory, spare >= bytes.count else { return }
      memcpy(target + end, base, bytes.count)
    }
    end += bytes.count
  }

  /// Appends bytes that are borrowed for the call.
  public func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    guard let target = memory, spare >= bytes.count else { return }
    memcpy(target + end, base, bytes.count)
    end += bytes.count
  }

  public func append(_ bytes: [UInt8]) { append(bytes.span) }

  /// Appends a range of another buffer's bytes.
  public func append(_ other: ByteBuffer, _ range: Range<Int>) {
    append(other.span.extracting(range))
  }

  /// Appends a range of an array.
  public func append(_ bytes: [UInt8], _ range: Range<Int>) {
    append(bytes.span.extracting(range))
  }

  /// Appends a text. Where it is a literal, this compiles to a few stores, as do the other methods
  /// that are compiled where they are used.
  @inlinable @inline(__always)
  public func append(_ text: StaticString) {
    let total = text.utf8CodeUnitCount
    reserve(total)
    guard let memory, spare >= total else { return }
    (memory + end).copyMemory(from: text.utf8Start, byteCount: total)
    end &+= total
  }

  /// Appends short texts one behind the other, in one go; the first and the third are literals.
  @inlinable @inline(__always)
  public func append(_ first: StaticString, _ second: StaticString, _ third: StaticString) {
    let total =
      first.utf8CodeUnitCount &+ second.utf8CodeUnitCount &+ third.utf8CodeUnitCount
    reserve(total)
    guard let memory, spare >= total else { return }
    var target = memory + end
    target.copyMemory(from: first.utf8Start, byteCount: first.utf8CodeUnitCount)
    target = Self.copy(
      second.utf8Start, second.utf8CodeUnitCount, to: target + first.utf8CodeUnitCount)
    target.copyMemory(from: third.utf8Start, byteCount: third.utf8CodeUnitCount)
    end &+= total
  }

  /// Appends bytes with a quote before and behind them.
  public func append(quoted bytes: Span<UInt8>) {
    let total = bytes.count &+ 2
    reserve(total)
    guard let memory, spare >= total else { return }
    let target = memory + end
    target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
    bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { memcpy(target + 1, base, source.count) }
    }
    target.storeBytes(of: UInt8(ascii: "\""), toByteOffset: total &- 1, as: UInt8.self)
    end &+= total
  }

  /// Copies a few bytes by words that may overlap, which is cheaper than a call of the C library.
  /// Returns where the next ones go. The caller has made room.
  @inlinable @inline(__always)
  static func copy(
    _ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    if count >= 8 {
      var offset = 0
      while offset &+ 8 < count {
        copy(UInt64.self, source, target, at: offset)
        offset &+= 8
      }
      copy(UInt64.self, source, target, at: count &- 8)
    } else if count >= 4 {
      copy(UInt32.self, source, target, at: 0)
      copy(UInt32.self, source, target, at: count &- 4)
    } else if count >= 2 {
      copy(UInt16.self, source, target, at: 0)
      copy(UInt16.self, source, target, at: count &- 2)
    } else if count == 1 {
      copy(UInt8.self, source, target, at: 0)
    }
    return target + count
  }

  @inlinable @inline(__always)
  static func copy<Word: BitwiseCopyable>(
    _ type: Word.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    at offset: Int
  ) {
    let word = source.loadUnaligned(fromByteOffset: offset, as: Word.self)
    target.storeBytes(of: word, toByteOffset: offset, as: Word.self)
  }

  @inlinable @inline(__always)
  public func append(byte: UInt8) {
    reserve(1)
    guard let target = memory, spare >= 1 else { return }
    target.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    end &+= 1
  }

  /// Appends a number in decimal digits.
  public func append(decimal value: UInt64) {
    var digits = 1
    var bound: UInt64 = 10
    // Twenty digits are the most that there are, and their bound would not fit.
    while digits < 20, value >= bound {
      digits &+= 1
      bound = bound &* 10
    }
    append(decimal: value, digits: digits)
  }

  /// Appends a number in so many decimal digits, with zeros before it; of a longer one the end.
  public func append(decimal value: UInt64, digits: Int) {
    reserve(digits)
    guard let target = memory, spare >= digits else { return }
    var rest = value
    var position = digits
    while position > 0 {
      position &-= 1
      let digit = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      target.storeBytes(of: digit, toByteOffset: end &+ position, as: UInt8.self)
      rest /= 10
    }
    end &+= digits
  }

  /// Drops bytes at the front.
  public func consume(_ bytes: Int) {
    start += min(bytes, count)
    if start == end { removeAll() }
  }

  /// Drops bytes at the end so that `count` remain.
  public func truncate(to count: Int) { end = start + min(count, self.count) }

  public func removeAll() {
    start = 0
    end = 0
  }

  /// Gives the memory back, when a rare large message has left more than is good to keep.
  func release() {
    removeAll()
    free(memory)
    memory = nil
    capacity = 0
  }

  /// Lets a system call write behind the bytes; it returns how many it wrote, or a negative value.
  func fill<Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    let room = UnsafeMutableRawBufferPointer(start: memory.map { $0 + end }, count: spare)
    let written = try body(room)
    if written > 0 { end += min(written, spare) }
    return written
  }

  /// Where the byte at an offset from the first unconsumed one lies, for a system call.
  func address(at offset: Int) -> UnsafeMutableRawPointer? { memory.map { $0 + start + offset } }

  private func address(_ offset: Int) -> UnsafePointer<UInt8>? {
    memory.map { UnsafePointer(($0 + offset).assumingMemoryBound(to: UInt8.self)) }
  }
}
