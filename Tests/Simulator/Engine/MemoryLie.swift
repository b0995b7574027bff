/// How a server is wrong about memory.
enum MemoryLie: String, CaseIterable {
  /// 2⁶³ − 1 bytes.
  case huge
  /// A number far beyond 64 bits.
  case endless
  /// Less than nothing.
  case negative
  /// More is free, or in memory, than there is: twice as much.
  case surplus
  /// No figure at all.
  case absent

  /// What is said in place of `bytes`. `isPart`: of a figure that is no more than another one.
  func said(_ bytes: Int, isPart: Bool = false) -> JSON {
    switch self {
    case .huge: .int(.max)
    case .endless: .double(1e300)
    case .negative: .int(-1 - bytes)
    case .surplus: isPart ? .double(2 * Double(bytes)) : .int(bytes)
    case .absent: .null
    }
  }
}

extension Optional where Wrapped == MemoryLie {
  /// The truth, unless there is a lie.
  func said(_ bytes: Int, isPart: Bool = false) -> JSON {
    self?.said(bytes, isPart: isPart) ?? .int(bytes)
  }
}
