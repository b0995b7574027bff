import NexusPluginABI

// Part of the driver boundary: raw pointers of the ABI end here.

extension nexus_slice {
  /// A slice of text that is part of the library, valid while it is mapped.
  init(_ text: StaticString) {
    self.init(data: text.utf8Start, size: UInt64(text.utf8CodeUnitCount))
  }

  /// The bytes; valid as long as what the slice was borrowed from.
  var buffer: UnsafeBufferPointer<UInt8> {
    guard let data else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(start: data, count: Int(clamping: size))
  }

  /// A copy of the bytes.
  var copy: [UInt8] { Array(buffer) }

  /// Whether the bytes are those of `text`.
  func equals(_ text: StaticString) -> Bool {
    let bytes = buffer
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    return ByteSearch.holds(bytes.span, 0, text)
  }

  /// Whether the bytes are those of `other`.
  func equals(_ other: nexus_slice) -> Bool {
    let left = buffer
    let right = other.buffer
    guard left.count == right.count else { return false }
    guard let second = right.baseAddress else { return true }
    return ByteSearch.isEqual(left.span, 0, second, left.count)
  }
}

extension Array where Element == UInt8 {
  /// Lends the bytes as a slice for the time of the call.
  func lend<Result>(_ body: (nexus_slice) -> Result) -> Result {
    withUnsafeBufferPointer { body(nexus_slice(data: $0.baseAddress, size: UInt64($0.count))) }
  }
}

/// Copies a struct of the host as far as both sides know it; the rest is zero (ABI rule "Sizes").
func known<Record>(_ source: UnsafePointer<Record>, size: UInt32, zero: Record) -> Record {
  if Int(size) >= MemoryLayout<Record>.size { return source.pointee }
  var copy = zero
  withUnsafeMutableBytes(of: &copy) { target in
    target.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Int(size)))
  }
  return copy
}
