/// SHA-256 (FIPS 180-4), fed in pieces. A value: copies go on by themselves. For fingerprints of
/// files, not for secrets.
public struct SHA256: Sendable {
  /// The hash value so far (§5.3.3: the first bits of the roots of the first eight primes).
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes that do not fill a block yet; fewer than 64.
  private var pending: [UInt8] = []
  /// Bytes taken so far.
  private var length: UInt64 = 0
  /// Message schedule, kept so that a block allocates nothing.
  private var schedule = [UInt32](repeating: 0, count: 64)

  public init() {}

  /// The hash of `bytes`: 32 bytes.
  public static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// The hash of `bytes`: 32 bytes.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { hash(bytes.span) }

  /// Lower-case hexadecimal digits, two for each byte.
  public static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Takes the next bytes of the message.
  public mutating func update(_ bytes: Span<UInt8>) {
    length &+= UInt64(bytes.count)
    var offset = 0
    if !pending.isEmpty {
      offset = min(64 - pending.count, bytes.count)
      pending.append(bytes, 0..<offset)
      guard pending.count == 64 else { return }
      takePending()
    }
    while bytes.count - offset >= 64 {
      compress(bytes, at: offset)
      offset += 64
    }
    pending.append(bytes, offset..<bytes.count)
  }

  /// The hash of everything taken so far: 32 bytes. More can be taken afterwards.
  public func finish() -> [UInt8] {
    var last = self
    // §5.1.1: one bit, zeros, and the length in bits as the last eight bytes of a block.
    last.pending.append(0x80)
    while last.pending.count % 64 != 56 { last.pending.append(0) }
    let bits = length &* 8
    for shift in stride(from: 56, through: 0, by: -8) {
      last.pending.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    let tail = last.pending
    for block in stride(from: 0, to: tail.count, by: 64) { last.compress(tail.span, at: block) }
    return last.state.flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
  }

  private mutating func takePending() {
    let block = pending
    compress(block.span, at: 0)
    pending.removeAll(keepingCapacity: true)
  }

  /// Mixes in the 64 bytes at `offset` (§6.2.2).
  private mutating func compress(_ bytes: Span<UInt8>, at offset: Int) {
    fillSchedule(bytes, at: offset)
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for round in 0..<64 {
      let choice = (e & f) ^ (~e & g)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      let first =
        h &+ (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) &+ choice &+ Self.constants[round]
        &+ schedule[round]
      let second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) &+ majority
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ second)
    }
    for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
  }

  private mutating func fillSchedule(_ bytes: Span<UInt8>, at offset: Int) {
    for index in 0..<16 {
      var word: UInt32 = 0
      for byte in 0..<4 { word = word << 8 | UInt32(bytes[offset + index * 4 + byte]) }
      schedule[index] = word
    }
    for index in 16..<64 {
      let early = schedule[index - 15]
      let late = schedule[index - 2]
      let small = turn(early, 7) ^ turn(early, 18) ^ early >> 3
      let large = turn(late, 17) ^ turn(late, 19) ^ late >> 10
      schedule[index] = schedule[index - 16] &+ small &+ schedule[index - 7] &+ large
    }
  }

  @inline(__always)
  private func turn(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &>> count | word &<< (32 &- count)
  }

  /// §4.2.2: the first bits of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}
