import Text

/// The bytes of one record in the journal: marker, length, checksum, payload.
///
///     FF 4E 58 53 | length u32 LE | CRC-32C u32 LE of length and payload | payload
///     payload: operation, kind, NUL, key, NUL, value
///
/// The payload holds text only, so the marker's first byte never occurs in it. That lets a reader
/// find the next record after a damaged one, in linear time. docs/STATE.md has the whole format.
enum StateFrame {
  /// The format that this code writes and reads.
  static let version = 1
  static let marker: [UInt8] = [0xFF, 0x4E, 0x58, 0x53]
  static let headSize = 12
  /// A frame is never larger.
  static let largestSize = 1 << 20

  enum Operation: UInt8 {
    case put = 0x2B  // +
    case remove = 0x2D  // -
    case format = 0x3D  // =
  }

  /// The first record of each file: tells what it is, and its version as the key.
  static var header: [UInt8] {
    frame(.format, kind: formatKind, key: "\(version)", value: [])
  }
  static let formatKind = "nexus-state"

  static func encode(_ record: StateRecord) -> [UInt8] {
    frame(
      record.value == nil ? .remove : .put, kind: record.kind, key: record.key,
      value: record.value ?? [])
  }

  /// Bytes of the encoded record.
  static func size(of record: StateRecord) -> Int {
    headSize + 3 + record.kind.utf8.count + record.key.utf8.count + (record.value?.count ?? 0)
  }

  static func frame(
    _ operation: Operation, kind: String, key: String, value: [UInt8]
  ) -> [UInt8] {
    var payload: [UInt8] = [operation.rawValue]
    payload += Array(kind.utf8) + [0] + Array(key.utf8) + [0] + value
    let length = bytes(of: UInt32(truncatingIfNeeded: payload.count))
    return marker + length + bytes(of: checksum(length.span, payload.span)) + payload
  }

  private static func bytes(of word: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  private static func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32($1 * 8) }
  }

  private static func checksum(_ length: Span<UInt8>, _ payload: Span<UInt8>) -> UInt32 {
    var sum = CRC32C()
    sum.update(length)
    sum.update(payload)
    return sum.value
  }

  // MARK: Reading

  /// Where the next marker is, from `start` on; `bytes.count` if there is none.
  static func nextMarker(in bytes: Span<UInt8>, from start: Int) -> Int {
    var offset = start
    while true {
      offset = ByteSearch.firstIndex(of: marker[0], in: bytes, from: offset)
      guard offset + marker.count <= bytes.count else { return bytes.count }
      if isMarker(bytes, at: offset) { return offset }
      offset += 1
    }
  }

  private static func isMarker(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    marker.indices.allSatisfy { bytes[offset + $0] == marker[$0] }
  }

  /// The payload of the frame at `offset`, or nil if none is there that is whole and unchanged.
  static func payload(in bytes: Span<UInt8>, at offset: Int) -> Range<Int>? {
    let start = offset + headSize
    guard start <= bytes.count, isMarker(bytes, at: offset) else { return nil }
    let length = Int(word(bytes, offset + 4))
    guard length <= min(bytes.count - start, largestSize - headSize) else { return nil }
    let range = start..<start + length
    let payload = bytes.extracting(range)
    // No look beyond the next marker: that bounds the work in a file full of broken heads.
    guard nextMarker(in: payload, from: 0) == length else { return nil }
    let sum = checksum(bytes.extracting(offset + 4..<offset + 8), payload)
    return sum == word(bytes, offset + 8) ? range : nil
  }

  /// What an unchanged payload says; nil if this version cannot read it.
  static func decode(_ payload: Span<UInt8>) -> (operation: Operation, record: StateRecord)? {
    guard !payload.isEmpty, let operation = Operation(rawValue: payload[0]) else { return nil }
    let first = ByteSearch.firstIndex(of: 0, in: payload, from: 1)
    let second = ByteSearch.firstIndex(of: 0, in: payload, from: first + 1)
    guard first > 1, second < payload.count else { return nil }
    guard let kind = text(payload, 1..<first), let key = text(payload, first + 1..<second) else {
      return nil
    }
    var value: [UInt8] = []
    value.append(payload, second + 1..<payload.count)
    let record = StateRecord(kind: kind, key: key, value: operation == .remove ? nil : value)
    return (operation, record)
  }

  private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
    var copy: [UInt8] = []
    copy.append(bytes, range)
    return String(validating: copy, as: UTF8.self)
  }
}
