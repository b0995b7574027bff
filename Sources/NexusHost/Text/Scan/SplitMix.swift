/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): numbers
/// that are evenly distributed and repeat after 2⁶⁴, but are no secret.
public enum SplitMix {
  /// What the state grows by with each number.
  public static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// The next number of the sequence with that state.
  @inline(__always)
  public static func next(_ state: inout UInt64) -> UInt64 {
    state &+= step
    return mixed(state)
  }

  /// The number that belongs to a state: each bit depends on all of it.
  @inline(__always)
  public static func mixed(_ state: UInt64) -> UInt64 {
    var number = state
    number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
    number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
    return number ^ number >> 31
  }
}
