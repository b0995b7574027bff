import Synchronization
import Telemetry

/// What runs on a backend and how fast it answers: counters that every thread may touch.
///
/// They outlive snapshots and changes of the backend's description.
public final class BackendLoad: Sendable {
  /// The requests that this host has under way there.
  public let requests = Occupancy()
  /// How well it answers.
  public let quality = BackendQuality()
  /// Whether requests are sent there.
  public let circuit = Circuit()
  /// How long the looks at it took that were answered; the control loop's thread records.
  public let probes = Distribution(MetricTable.backendLatency)
  // Microseconds; 0 means that nothing was measured yet.
  private let average = Atomic<UInt64>(0)
  private let used = Atomic<UInt64>(0)
  // Unix seconds; 0 for never.
  private let looked = Atomic<Int64>(0)
  private let doubted = Atomic<Bool>(false)
  // Identity of the account of the last model as a number; 0 for none.
  private let model = Atomic<Int>(0)
  // The account of the model that comes into memory, as a number; 0 for none. And since when.
  private let loading = Atomic<UInt>(0)
  private let loadingSince = Atomic<UInt64>(0)
  private let isLoadingBeside = Atomic<Bool>(false)
  private let accounts = Mutex<[String: ModelAccount]>([:])

  /// A sample weighs an eighth, so that about the last ten requests decide.
  private static let weight: UInt64 = 8
  /// What a failed request counts as: a backend that fails fast must not look fast.
  public static let failureMicroseconds: UInt64 = 5_000_000

  public init() {}

  /// What was learned of a model there, from the first time that it was reported.
  public func account(of model: String) -> ModelAccount {
    accounts.withLock { accounts in
      if let known = accounts[model] { return known }
      let new = ModelAccount()
      accounts[model] = new
      return new
    }
  }

  /// At `now` (milliseconds) the server begins to bring a model into memory: since a request was sent
  /// there, or because it was told to. `evicts`: whether what is in memory may have to go for it; a
  /// request that comes while a load is under way of which that is known to be false changes nothing.
  public func loadBegan(_ account: ModelAccount, at now: UInt64, evicts: Bool = true) {
    account.speed.loadBegan(at: now)
    let number = Self.number(account)
    if evicts, isLoadingBeside.load(ordering: .relaxed),
      loading.load(ordering: .relaxed) == number
    {
      return
    }
    isLoadingBeside.store(!evicts, ordering: .relaxed)
    loadingSince.store(now, ordering: .relaxed)
    loading.store(number, ordering: .relaxed)
  }

  /// It is in memory, or will not be.
  public func loadEnded(_ account: ModelAccount) {
    _ = loading.compareExchange(
      expected: Self.number(account), desired: 0, ordering: .relaxed)
  }

  /// The same of a load that no request was needed for: how long it took is learned if the model is
  /// in memory at `now`.
  public func loadEnded(_ account: ModelAccount, at now: UInt64, isLoaded: Bool) {
    loadEnded(account)
    account.speed.loadEnded(at: now, isLoaded: isLoaded)
  }

  /// Whether that model is on its way into memory.
  public func isLoading(_ account: ModelAccount) -> Bool {
    loading.load(ordering: .relaxed) == Self.number(account)
  }

  /// When it was last looked at, answered or not, in Unix seconds; nil if never.
  public var lastLook: Int64? {
    let seconds = looked.load(ordering: .relaxed)
    return seconds == 0 ? nil : seconds
  }

  /// Notes that it was looked at.
  public func looked(at unixSeconds: Int64) { looked.store(unixSeconds, ordering: .relaxed) }

  /// Another model on its way into memory; nil if there is none.
  public func otherLoad(than account: ModelAccount, at now: UInt64) -> OtherLoad? {
    let number = loading.load(ordering: .relaxed)
    guard number != 0, number != Self.number(account) else { return nil }
    let since = loadingSince.load(ordering: .relaxed)
    return OtherLoad(
      milliseconds: now > since ? Double(now - since) : 0,
      evicts: !isLoadingBeside.load(ordering: .relaxed))
  }

  private static func number(_ account: ModelAccount) -> UInt {
    UInt(bitPattern: ObjectIdentifier(account))
  }

  /// Requests that this host has under way there.
  public var inFlight: Int { requests.count }

  /// Requests that ended since the start, well or not.
  public var total: UInt64 { requests.total }

  /// Moving average of the time to the first byte of an answer, in microseconds; 0 if unknown.
  public var latencyMicroseconds: UInt64 { average.load(ordering: .relaxed) }

  /// When the last request was sent there, by a clock that all threads share; 0 for never.
  public var lastUsed: UInt64 { used.load(ordering: .relaxed) }

  /// Whether the last request there was for the model of that account.
  public func wasLast(_ account: ModelAccount) -> Bool {
    model.load(ordering: .relaxed) == Self.number(of: account)
  }

  /// Notes that a request for the model of that account is sent there.
  public func use(_ account: ModelAccount) {
    model.store(Self.number(of: account), ordering: .relaxed)
  }

  // Accounts live as long as their backend's load: no two of them ever have the same address.
  private static func number(of account: ModelAccount) -> Int {
    Int(bitPattern: ObjectIdentifier(account))
  }

  /// Whether the last probes or requests failed: then a success is news for the control loop.
  public var isDoubted: Bool { doubted.load(ordering: .relaxed) }

  /// Notes whether the backend is in doubt.
  public func setDoubted(_ value: Bool) { doubted.store(value, ordering: .relaxed) }

  /// Counts a request that begins at `moment` as under way until the result is released; nil, and
  /// nothing counted, if `limit` are under way already. `observer` is told when it has left.
  public func enter(
    limit: Int? = nil, at moment: UInt64 = 0, telling observer: (any VacancyObserver)? = nil
  ) -> InFlight? {
    guard let place = requests.enter(limit: limit, telling: observer) else { return nil }
    used.store(moment, ordering: .relaxed)
    return place
  }

  /// Adds the time to first byte of a request, in microseconds.
  public func record(firstByteMicroseconds: UInt64) {
    var old = average.load(ordering: .relaxed)
    while true {
      let sample = max(1, firstByteMicroseconds)
      let new = old == 0 ? sample : max(1, old - old / Self.weight + sample / Self.weight)
      let (exchanged, seen) = average.compareExchange(
        expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = seen
    }
  }

  /// Adds a failed request.
  public func recordFailure() { record(firstByteMicroseconds: Self.failureMicroseconds) }
}

/// A model that comes into memory beside the one that is asked for.
public struct OtherLoad: Equatable, Sendable {
  /// For so long already.
  public var milliseconds: Double
  /// Whether what is in memory may have to go for it.
  public var evicts: Bool

  public init(milliseconds: Double, evicts: Bool = true) {
    self.milliseconds = milliseconds
    self.evicts = evicts
  }
}
