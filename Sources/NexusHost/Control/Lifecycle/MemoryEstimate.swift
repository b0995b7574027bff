import Config

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
public struct MemoryEstimate: Equatable, Sendable {
  /// A petabyte: what says that it is larger lies.
  static let absurd: UInt64 = 1 << 50

  /// 0 unknown.
  private(set) var total: UInt64 = 0
  private(set) var used: UInt64 = 0

  /// What a model needs.
  public struct Need: Equatable, Sendable {
    public var bytes: UInt64
    /// Whether it was seen, or is made from the size of a file.
    public var isSeen: Bool
  }

  /// The rules of a configuration.
  public struct Rules: Equatable, Sendable {
    var headroomPercent = 20
    var bufferPercent = 10
    var heuristicMax: UInt64 = 16_000_000_000
  }

  /// `configured`: the memory as somebody says it, which counts before what the server says of the
  /// total. What the server says is free counts before the sum of `models`, the bytes of those that
  /// are loaded; where somebody grants less than the machine has, the lesser of both is free.
  init(configured: UInt64 = 0, total: UInt64, free: UInt64, models: [UInt64]) {
    let told = Self.plausible(total)
    let configured = Self.plausible(configured)
    self.total = configured > 0 ? configured : told
    used = models.reduce(0) { Self.sum($0, Self.plausible($1)) }
    // A server that has more free than it has at all knows neither.
    guard told > 0, free > 0, free <= told else {
      if self.total > 0 { used = min(used, self.total) }
      return
    }
    if self.total < told {
      // What others use of the machine counts only if it takes what was granted.
      used = max(min(used, self.total), self.total - min(self.total, free))
    } else {
      used = told - free
    }
  }

  /// Not in use, if the total is known.
  public var free: UInt64? { total > 0 ? total - used : nil }

  /// What a model needs: as it was seen in memory, else by its stored size.
  static func need(seen: UInt64, stored: UInt64) -> Need {
    let seen = plausible(seen)
    if seen > 0 { return Need(bytes: seen, isSeen: true) }
    let stored = plausible(stored)
    return Need(bytes: stored + stored / 10, isSeen: false)
  }

  /// How well a model fits. Better is less: known room before unknown, more before less.
  enum Fit: Comparable {
    /// So many bytes stay free beyond what is to stay free.
    case room(spare: UInt64)
    /// Nobody knows what is left; so many bytes are used.
    case unknown(used: UInt64)
    case none

    static func < (first: Fit, second: Fit) -> Bool {
      switch (first, second) {
      case (.room(let first), .room(let second)): first > second
      case (.unknown(let first), .unknown(let second)): first < second
      case (.none, _): false
      case (_, .none): true
      case (.room, .unknown): true
      case (.unknown, .room): false
      }
    }
  }

  /// How well the model fits.
  func fit(_ need: Need, _ rules: Rules) -> Fit {
    guard let free else { return used > rules.heuristicMax ? .none : .unknown(used: used) }
    let wanted = Self.sum(need.bytes, reserve(need, rules))
    guard free >= wanted else { return .none }
    return need.bytes > 0 ? .room(spare: free - wanted) : .unknown(used: used)
  }

  /// Why the model does not fit, in words; nil if it does.
  func refusal(of need: Need, _ rules: Rules) -> String? {
    guard fit(need, rules) == .none else { return nil }
    guard let free else {
      return "loaded models use \(Self.words(used)), the limit where nobody knows the memory is"
        + " \(Self.words(rules.heuristicMax)); memory_gb of the backend says it"
    }
    let size = need.bytes > 0 ? Self.words(need.bytes) : "an unknown amount"
    return "\(Self.words(free)) of \(Self.words(total)) are free, it needs \(size), and"
      + " \(Self.words(reserve(need, rules))) are to stay free"
  }

  /// The same after some of what is loaded has gone.
  func freeing(_ bytes: UInt64) -> MemoryEstimate {
    var estimate = self
    estimate.used = used > bytes ? used - bytes : 0
    return estimate
  }

  /// What is to stay free beside a model.
  private func reserve(_ need: Need, _ rules: Rules) -> UInt64 {
    let percent = rules.headroomPercent + (need.isSeen ? 0 : rules.bufferPercent)
    // Below a petabyte nothing overflows.
    return total * UInt64(min(max(percent, 0), 200)) / 100
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

extension MemoryEstimate.Rules {
  /// Those that are configured.
  public init(_ settings: Settings.Lifecycle) {
    headroomPercent = settings.headroomPercent
    bufferPercent = settings.bufferPercent
    heuristicMax = UInt64(max(0, settings.heuristicMaxGB)) * 1_000_000_000
  }
}
