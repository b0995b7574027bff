import Foundation

/// A state directory whose journal holds how models were used (docs/STATE.md, docs/FLEET.md), as if a
/// gateway had run for weeks.
enum KeptDemand {
  /// Makes the directory. `models`: requests of each model by day before today and hour of the day
  /// (UTC); the last day is yesterday.
  static func write(
    to folder: String, _ models: [String: (_ ago: Int, _ hour: Int) -> Int], days: Int
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    var journal = frame("=", "nexus-state", "1", "")
    let today = Int(Date().timeIntervalSince1970) / 86_400
    for (model, use) in models.sorted(by: { $0.key < $1.key }) {
      var hours: [Int] = []
      for ago in (1...days).reversed() {
        for hour in 0..<24 { hours.append(use(ago, hour)) }
      }
      let list = hours.map { $0 == 0 ? "-1" : "\($0)" }.joined(separator: ",")
      journal += frame("+", "demand", model, #"{"first":\#(today - days),"hours":[\#(list)]}"#)
    }
    let isMade = FileManager.default.createFile(
      atPath: "\(folder)/journal", contents: Data(journal), attributes: [.posixPermissions: 0o600])
    guard isMade else { throw CaseFailure("no journal in \(folder)") }
  }

  /// Many requests at one hour of the day, a few at three others: a marked peak.
  static func peak(at peak: Int = 9) -> (_ ago: Int, _ hour: Int) -> Int {
    { _, hour in hour == peak ? 40 : (peak + 1...peak + 3).contains(hour) ? 8 : 0 }
  }

  private static func frame(
    _ operation: String, _ kind: String, _ key: String, _ value: String
  ) -> [UInt8] {
    let payload = Array("\(operation)\(kind)\0\(key)\0\(value)".utf8)
    let length = word(UInt32(payload.count))
    return [0xFF, 0x4E, 0x58, 0x53] + length + word(checksum(length + payload)) + payload
  }

  private static func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// CRC-32C (Castagnoli), bit by bit.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 {
        let isOdd = sum & 1 == 1
        sum >>= 1
        if isOdd { sum ^= 0x82F6_3B78 }
      }
    }
    return ~sum
  }
}
