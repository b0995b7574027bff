/// The id of a request as it is kept. One as long as those that the gateway itself gives takes no object
/// of its own.
struct KeptID: Equatable, Sendable {
  private var words: (UInt64, UInt64, UInt32) = (0, 0, 0)
  /// One of another length; else empty.
  private var other: [UInt8] = []

  init(_ id: [UInt8]) {
    guard id.count == RequestIDs.length else {
      other = id
      return
    }
    for index in 0..<8 { words.0 = words.0 << 8 | UInt64(id[index]) }
    for index in 8..<16 { words.1 = words.1 << 8 | UInt64(id[index]) }
    for index in 16..<20 { words.2 = words.2 << 8 | UInt32(id[index]) }
  }

  /// The id again.
  var bytes: [UInt8] {
    guard other.isEmpty, words != (0, 0, 0) else { return other }
    var bytes: [UInt8] = []
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: words.0 >> UInt64(shift)))
    }
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: words.1 >> UInt64(shift)))
    }
    for shift in stride(from: 24, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: words.2 >> UInt32(shift)))
    }
    return bytes
  }

  static func == (one: KeptID, two: KeptID) -> Bool {
    one.words == two.words && one.other == two.other
  }
}
