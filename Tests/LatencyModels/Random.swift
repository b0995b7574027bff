import Glibc

/// SplitMix64: small, seeded, and the same everywhere.
public struct Random: Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Uniform in 0..<1.
  public mutating func fraction() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

  /// Exponential, as the pauses of a Poisson process are.
  public mutating func exponential(mean: Double) -> Double { -mean * log(1 - fraction()) }

  /// Log-normal: half of all lie below `median`; `sigma` is the deviation of the logarithm.
  public mutating func logNormal(median: Double, sigma: Double) -> Double {
    // Box and Muller (1958).
    let normal = sqrt(-2 * log(1 - fraction())) * cos(2 * Double.pi * fraction())
    return median * exp(sigma * normal)
  }
}
