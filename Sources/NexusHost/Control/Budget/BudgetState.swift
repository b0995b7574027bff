import Config

/// What may be spent in a month and what has been: a value. Money is in micro-dollars.
///
/// The worst case of each request is reserved before it goes up and settled when it has ended.
/// `durable` is the sum that the disk already counts as spent: never less than what was, whenever the
/// process ends.
public struct BudgetState: Equatable, Sendable {
  /// How near the limit is.
  public enum Level: Int, Comparable, Sendable {
    case normal, soft, hard

    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  /// The months since the year 0.
  public private(set) var month: Int
  public private(set) var spent: Int64
  /// The worst cases of what is under way.
  public private(set) var reserved: Int64 = 0
  public private(set) var durable: Int64
  /// The last level that was told.
  private var told = Level.normal

  public init(month: Int, spent: Int64 = 0) {
    self.month = month
    self.spent = max(0, spent)
    durable = self.spent
  }

  public var committed: Int64 { spent + reserved }

  /// A new month begins with nothing spent; what is under way counts for it.
  public mutating func turn(to month: Int) -> Bool {
    guard month > self.month else { return false }
    (self.month, spent, durable, told) = (month, 0, 0, .normal)
    return true
  }

  /// Reserves; false, and nothing reserved, if that would exceed `limit` and the limit is kept.
  public mutating func reserve(_ amount: Int64, within limit: Int64?) -> Bool {
    if let limit, committed + amount > limit { return false }
    reserved += amount
    return true
  }

  /// A request has ended that had `amount` reserved and cost `actual`.
  public mutating func settle(_ amount: Int64, actual: Int64) {
    reserved = max(0, reserved - amount)
    spent += max(0, actual)
  }

  /// What the disk has to count next, if it does not count enough for what is under way: some more,
  /// so that few requests have to wait for it. Nil if it does.
  public func due(block: Int64, ahead: Bool) -> Int64? {
    committed + (ahead ? block / 2 : 0) > durable ? committed + block : nil
  }

  /// The disk counts so much for that month.
  public mutating func wrote(_ sum: Int64, for month: Int) {
    if month == self.month { durable = max(durable, sum) }
  }

  public func level(_ rules: BudgetRules) -> Level {
    guard let limit = rules.limit else { return .normal }
    if committed >= limit { return .hard }
    return Double(committed) >= Double(limit) * rules.softShare ? .soft : .normal
  }

  /// A level that has been reached and was not told in this month.
  public mutating func news(_ rules: BudgetRules) -> Level? {
    let now = level(rules)
    guard now > told else { return nil }
    told = now
    return now
  }
}

/// `[routing.budget]`, ready for use.
public struct BudgetRules: Equatable, Sendable {
  /// Micro-dollars; nil for none.
  public let limit: Int64?
  /// Share of the limit from which what costs nothing is preferred.
  public let softShare: Double
  public let action: Settings.HardLimitAction

  public init(_ settings: Settings.Budget = .init()) {
    let dollars = settings.monthlyLimitUSD ?? 0
    limit = dollars > 0 ? Int64(min(dollars, 1e9) * 1_000_000) : nil
    softShare = settings.softLimitPercent / 100
    action = settings.hardLimitAction
  }

  /// The limit, if it is to be kept and not only told of.
  public var keptLimit: Int64? { action == .warn ? nil : limit }

  /// What is written to the disk ahead of being spent: a hundredth of the limit, a dime at least.
  public var block: Int64 { max((limit ?? 0) / 100, 100_000) }
}
