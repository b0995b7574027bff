import Fleet

/// Whether a model fits into a backend's memory, judged from what is known of both. Figures are bytes.
///
/// Where the size of the memory is known, a model that needs `need` fits if
///
///     total − used − need ≥ total × headroom% + (need is a guess ? total × buffer% : 0)
///
/// `need` is a guess unless the model was seen in memory there: then it is its stored size and a
/// tenth, or nothing if that is unknown. Where the size of the memory is unknown, a model fits while
/// those that are loaded use no more than `heuristicMax`. All sums saturate; what no machine has
/// counts as unknown.
struct MemoryEstimate: Equatable {
  /// A petabyte: what says that it is larger lies.
  static let absurd: UInt64 = 1 << 50

  /// 0 unknown.
  private(set) var total: UInt64 = 0
  private(set) var used: UInt64 = 0

  /// What a model needs.
  struct Need: Equatable {
    var bytes: UInt64
    /// Whether it was seen, or is made from the size of a file.
    var isSeen: Bool
  }

  /// The rules of a configuration.
  struct Rules: Equatable {
    var headroomPercent = 20
    var bufferPercent = 10
    var heuristicMax: UInt64 = 16_000_000_000
  }

  /// `configured`: the memory as somebody says it, which counts before what the server says of the
  /// total. What the server says is free counts before the sum of `models`, the bytes of those that
  /// are loaded.
  init(configured: UInt64 = 0, total: UInt64, free: UInt64, models: [UInt64]) {
    let told = Self.plausible(total)
    let configured = Self.plausible(configured)
    self.total = configured > 0 ? configured : told
    used = models.reduce(0) { Self.sum($0, Self.plausible($1)) }
    // A server that has more free than it has at all knows neither.
    if told > 0, free > 0, free <= told { used = told - free }
    if self.total > 0 { used = min(used, self.total) }
  }

  /// Not in use, if the total is known.
  var free: UInt64? { total > 0 ? total - used : nil }

  /// What a model needs: as it was seen in memory, else by its stored size.
  static func need(seen: UInt64, stored: UInt64) -> Need {
    let seen = plausible(seen)
    if seen > 0 { return Need(bytes: seen, isSeen: true) }
    let stored = plausible(stored)
    return Need(bytes: stored + stored / 10, isSeen: false)
  }

  /// Why the model does not fit, in words; nil if it does.
  func refusal(of need: Need, _ rules: Rules) -> String? {
    guard let free else {
      return used > rules.heuristicMax
        ? "loaded models use \(Self.words(used)), the limit where nobody knows the memory is"
          + " \(Self.words(rules.heuristicMax)); memory_gb of the backend says it" : nil
    }
    let percent = rules.headroomPercent + (need.isSeen ? 0 : rules.bufferPercent)
    let reserve = share(percent)
    guard free < Self.sum(need.bytes, reserve) else { return nil }
    let size = need.bytes > 0 ? Self.words(need.bytes) : "an unknown amount"
    return "\(Self.words(free)) of \(Self.words(total)) are free, it needs \(size), and"
      + " \(Self.words(reserve)) are to stay free"
  }

  /// The same after some of what is loaded has gone.
  func freeing(_ bytes: UInt64) -> MemoryEstimate {
    var estimate = self
    estimate.used = used > bytes ? used - bytes : 0
    return estimate
  }

  private func share(_ percent: Int) -> UInt64 {
    // Below a petabyte nothing overflows.
    total * UInt64(min(max(percent, 0), 200)) / 100
  }

  /// The figure, or 0 if it is absurd.
  static func plausible(_ bytes: UInt64) -> UInt64 { bytes < absurd ? bytes : 0 }

  private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  /// Gigabytes of 10⁹ bytes with one decimal.
  static func words(_ bytes: UInt64) -> String {
    let tenths = bytes / 100_000_000
    return "\(tenths / 10).\(tenths % 10) GB"
  }
}
