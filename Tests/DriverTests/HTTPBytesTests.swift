import Testing

@testable import Drivers

struct HTTPBytesTests {
  /// Eight bytes at once give what each of them gives alone, whatever stands beside it.
  @Test func wordsAreLoweredLikeBytes() {
    for byte in UInt64(0)...255 {
      for neighbour in [0x00, 0x41, 0x5A, 0x7F, 0x80, 0xFF] as [UInt64] {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
          let word = neighbour &* 0x0101_0101_0101_0101 & ~(0xFF << shift) | byte << shift
          let lowered = HTTPBytes.lowered(word)
          for index in stride(from: UInt64(0), to: 64, by: 8) {
            let expected = HTTPBytes.lowered(UInt8(truncatingIfNeeded: word >> index))
            if UInt8(truncatingIfNeeded: lowered >> index) != expected {
              Issue.record("\(byte) beside \(neighbour)")
            }
          }
        }
      }
    }
  }
}
