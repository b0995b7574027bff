import Testing

@testable import Text

@Suite struct UTF8CheckTests {
  /// Whether all bytes are a text, and how many could be taken before the first that could not.
  private func check(_ bytes: [UInt8]) -> (isText: Bool, taken: Int) {
    var check = UTF8Check()
    for (index, byte) in bytes.enumerated() where !check.take(byte) { return (false, index) }
    return (check.isComplete, bytes.count)
  }

  /// Against the standard library: every two bytes, and every three of those that decide.
  @Test func agreesWithTheStandardLibrary() {
    func isText(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
    for first in UInt8.min...UInt8.max {
      #expect(check([first]).isText == isText([first]))
      for second in UInt8.min...UInt8.max {
        if check([first, second]).isText != isText([first, second]) {
          Issue.record("\(first) \(second)")
        }
      }
    }
    let edges: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
      0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    for first in edges {
      for second in edges {
        for third in edges {
          for fourth in edges {
            let bytes = [first, second, third, fourth]
            if check(bytes).isText != isText(bytes) { Issue.record("\(bytes)") }
          }
        }
      }
    }
  }

  /// It says no at the first byte with which nothing can come of it any more.
  @Test(
    arguments: [
      ([0x80], 0), ([0xC0], 0), ([0xC2, 0x41], 1), ([0xE0, 0x9F], 1), ([0xED, 0xA0], 1),
      ([0xF0, 0x8F], 1), ([0xF4, 0x90], 1), ([0xF5], 0), ([0xE2, 0x82, 0x41], 2),
      ([0x41, 0xFF], 1),
    ] as [([UInt8], Int)])
  func saysNoAsEarlyAsItCan(_ bytes: [UInt8], _ taken: Int) {
    let found = check(bytes + [0x41])
    #expect(!found.isText)
    #expect(found.taken == taken)
  }
}
