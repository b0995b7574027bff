import Config

/// The levels of all components in one word, so that threads read and change them at once.
///
/// Three bits for each component from the lowest on, then three for the base, then three for the
/// highest of all.
struct LogThresholds: RawRepresentable {
  let rawValue: UInt64

  private static let width = 3
  private static let baseShift = LogComponent.allCases.count * width
  private static let highestShift = baseShift + width

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(_ levels: LogLevels) {
    var word: UInt64 = 0
    var highest = 0
    for component in LogComponent.allCases {
      let rank = levels[component].rank
      word |= UInt64(rank) << (Int(component.rawValue) * Self.width)
      highest = max(highest, rank)
    }
    word |= UInt64(levels.base.rank) << Self.baseShift
    rawValue = word | UInt64(highest) << Self.highestShift
  }

  /// Whether any component writes lines of that level.
  @inline(__always)
  func allow(_ level: LogLevel) -> Bool { level.rank <= rank(at: Self.highestShift) }

  /// Whether the component does.
  @inline(__always)
  func allow(_ level: LogLevel, _ component: LogComponent) -> Bool {
    level.rank <= rank(at: Int(component.rawValue) * Self.width)
  }

  var levels: LogLevels {
    var exceptions: [LogComponent: LogLevel] = [:]
    for component in LogComponent.allCases {
      exceptions[component] = Self.level(rank(at: Int(component.rawValue) * Self.width))
    }
    return LogLevels(Self.level(rank(at: Self.baseShift)), exceptions: exceptions)
  }

  @inline(__always)
  private func rank(at shift: Int) -> Int { Int(rawValue >> UInt64(shift) & 7) }

  private static func level(_ rank: Int) -> LogLevel {
    LogLevel.allCases.first { $0.rank == rank } ?? .trace
  }
}
