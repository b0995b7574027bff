/// How much the log says; each level includes those above it.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
  case error
  case warn
  case info
  case debug
  case trace

  /// 0 for the level that says least.
  public var rank: Int {
    switch self {
    case .error: 0
    case .warn: 1
    case .info: 2
    case .debug: 3
    case .trace: 4
    }
  }

  /// Orders by how much is said: `error` is the least.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
