import CConform

/// The page that a child shares with its parent.
// Unchecked because threads of a child write to it: findings through an atomic count, and each its own
// step.
struct TrialPage: @unchecked Sendable {
  let address: UnsafeMutablePointer<conform_page>

  /// The page behind a descriptor, or nil.
  init?(descriptor: CInt) {
    guard let page = conform_map_page(descriptor) else { return nil }
    address = page
  }

  /// Notes what a driver does wrong.
  func add(_ check: String, _ text: String, exchange: String = "", play: String = "") {
    conform_add(address, check, exchange, play, text)
  }

  /// What was noted.
  var findings: [ConformanceFinding] {
    (0..<min(address.pointee.finding_count, UInt32(CONFORM_FINDINGS))).map { index in
      func text(_ field: CInt) -> String {
        String(cString: conform_finding_text(address, index, field))
      }
      return ConformanceFinding(text(0), text(3), exchange: text(1), play: text(2))
    }
  }

  /// What each recording led to in that child; 0 where it was not played.
  func digest(_ index: Int) -> UInt64 {
    guard index < Int(CONFORM_DIGESTS) else { return 0 }
    return withUnsafeBytes(of: &address.pointee.digests) { bytes in
      bytes.load(fromByteOffset: index * 8, as: UInt64.self)
    }
  }

  func setDigest(_ index: Int, _ digest: UInt64) {
    guard index < Int(CONFORM_DIGESTS) else { return }
    withUnsafeMutableBytes(of: &address.pointee.digests) { bytes in
      bytes.storeBytes(of: digest, toByteOffset: index * 8, as: UInt64.self)
    }
  }

  /// How many calls were made, by all threads: stands still while one hangs.
  var moves: UInt64 {
    var sum: UInt64 = 0
    for thread in 0..<Int(CONFORM_THREADS) { sum &+= step(thread).moves }
    return sum
  }

  /// What a thread does.
  func step(_ thread: Int) -> conform_step {
    withUnsafeBytes(of: &address.pointee.steps) { bytes in
      bytes.load(
        fromByteOffset: thread * MemoryLayout<conform_step>.stride, as: conform_step.self)
    }
  }

  /// The recording and the play of a thread.
  func names(_ thread: Int) -> (exchange: String, play: String) {
    (
      String(cString: conform_step_text(address, UInt32(thread), 0)),
      String(cString: conform_step_text(address, UInt32(thread), 1))
    )
  }

  /// The first bytes that the last call was given.
  func bytes(_ thread: Int) -> [UInt8] {
    let count = Int(min(step(thread).size, 48))
    return Array(
      UnsafeBufferPointer(start: conform_step_bytes(address, UInt32(thread)), count: count))
  }
}
