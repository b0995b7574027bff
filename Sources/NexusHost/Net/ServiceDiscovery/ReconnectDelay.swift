/// How long to wait before the next try to reach the daemon: a short while after it has worked, then
/// a second, doubled up to a minute.
struct ReconnectDelay {
  private static let first: UInt64 = 200
  private static let limit: UInt64 = 60_000
  private var following: UInt64 = 0

  /// Milliseconds before the try that is due now.
  mutating func next() -> UInt64 {
    defer { following = following == 0 ? 1_000 : min(following * 2, Self.limit) }
    return max(following, Self.first)
  }

  /// The daemon has answered.
  mutating func reset() { following = 0 }
}
