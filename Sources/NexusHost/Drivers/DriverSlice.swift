import NexusPluginABI

// Part of the driver boundary: pointers that a driver hands over are read here and copied at once.

extension nexus_slice {
  /// The bytes, or nil if the slice contradicts itself. Valid as long as the driver's memory is.
  @inline(__always)
  var borrowed: UnsafeRawBufferPointer? {
    if size == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
    guard let data, size <= UInt64(Int.max) else { return nil }
    return UnsafeRawBufferPointer(start: data, count: Int(size))
  }

  /// The text, or nil if it is malformed, longer than `limit` bytes or not UTF-8.
  func text(limit: Int) -> String? {
    guard let bytes = borrowed, bytes.count <= limit else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Words for people: cut to the limit, with what is not UTF-8 replaced; nil only if malformed.
  func words(limit: Int = DriverLimits.textBytes) -> String? {
    guard let bytes = borrowed else { return nil }
    var end = min(bytes.count, limit)
    // A cut inside a character would leave half of it behind.
    while end < bytes.count, end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}

/// Copies the record at `pointer`, which starts with its size: fields that its writer did not know
/// are zero. Nil if the pointer is missing or the size cannot be one.
func readRecord<Record: BitwiseCopyable>(
  _ pointer: UnsafeRawPointer?, into record: inout Record
) -> Bool {
  guard let pointer else { return false }
  let size = Int(pointer.loadUnaligned(as: UInt32.self))
  guard size >= MemoryLayout<UInt32>.size else { return false }
  withUnsafeMutableBytes(of: &record) { target in
    target.copyMemory(
      from: UnsafeRawBufferPointer(start: pointer, count: min(size, target.count)))
  }
  return true
}
