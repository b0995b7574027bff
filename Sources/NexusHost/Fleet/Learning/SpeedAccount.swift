import Synchronization

/// How fast a model is answered on a backend: fed by requests, read by plans without a lock. Any
/// thread. Times are milliseconds of one monotonic clock.
///
/// Two memories: what the place is like, over some two dozen requests and many minutes, and by how
/// much it has differed from that in the last few, forgotten within minutes: so a place that turns
/// slow is left after two or three requests, and tried again.
public struct SpeedAccount: ~Copyable, Sendable {
  /// A request that got its first token.
  public struct FirstToken: Sendable {
    /// Milliseconds since it was sent.
    public var milliseconds: Double
    /// Tokens of its prompt, estimated.
    public var promptTokens: Double
    /// Of these, tokens that were thought to be in a cache there.
    public var cachedTokens: Double
    /// Requests that were there when it came.
    public var ahead: Int
    /// Requests that are served at once there; 0 unknown.
    public var slots: Int
    /// Whether the model had to come into memory first.
    public var isCold: Bool

    public init(
      milliseconds: Double, promptTokens: Double = 0, cachedTokens: Double = 0, ahead: Int = 0,
      slots: Int = 0, isCold: Bool = false
    ) {
      self.milliseconds = milliseconds
      self.promptTokens = promptTokens
      self.cachedTokens = cachedTokens
      self.ahead = ahead
      self.slots = slots
      self.isCold = isCold
    }
  }

  /// A request that was answered to its end.
  public struct Answer: Sendable {
    /// Milliseconds since it was sent.
    public var milliseconds: Double
    /// Its first token. Of an answer that came in one piece the time of that is not known, and 0.
    public var first: FirstToken
    /// Tokens of the answer; 0 unknown.
    public var tokens: Double
    /// Tokens of the prompt that the server found in a cache; nil where it does not tell.
    public var cached: Double?

    public init(
      milliseconds: Double, first: FirstToken, tokens: Double = 0, cached: Double? = nil
    ) {
      self.milliseconds = milliseconds
      self.first = first
      self.tokens = tokens
      self.cached = cached
    }
  }

  // What plans read, written under the lock; pairs of Float that belong together.
  private let line = Atomic<UInt64>(0)
  private let trend = Atomic<UInt64>(0)
  private let occupation = Atomic<UInt64>(0)
  private let load = Atomic<UInt64>(0)
  private let trust = Atomic<UInt64>(Double(1).bitPattern)
  private let slots = Atomic<UInt64>(0)
  private let sampled = Atomic<UInt64>(0)
  // 0, or one more than the moment at which the model began to come into memory.
  private let loading = Atomic<UInt64>(0)
  // How many requests wait for their first token (16 bits) and the sum of the moments at which it is
  // due (48 bits, in units of 16 ms), in one word, so that both are of one moment.
  private let waiting = Atomic<UInt64>(0)
  private let learned = Mutex(SpeedLessons())

  /// After so long the memory of what the place is like counts half, in milliseconds.
  static let natureHalfLife = 300_000.0
  /// The same for its latest difference from that.
  static let trendHalfLife = 30_000.0
  /// What the usual speed counts against samples.
  static let usualWeight = 0.25
  /// Less is not called overdue.
  private static let patience = 50.0
  /// Nothing takes longer to come into memory.
  private static let longestLoad: UInt64 = 900_000

  public init() {}

  // MARK: Reading

  /// What is expected at `now`.
  public func speed(at now: UInt64) -> Speed {
    var speed = Speed()
    let (samples, slowdown) = Self.pair(trend)
    let age = Self.span(from: sampled.load(ordering: .relaxed), to: now)
    if slowdown > 1 {
      speed.slowdown = 1 + (slowdown - 1) * Fading.kept(age, halfLife: Self.trendHalfLife)
    }
    if samples > 0 {
      let (base, perToken) = Self.pair(line)
      let share = samples * Fading.kept(age, halfLife: Self.natureHalfLife)
      speed.weight = share
      let known = share / (share + Self.usualWeight)
      speed.base += (base - speed.base) * known
      speed.perPromptToken += (perToken - speed.perPromptToken) * known
      let doubt = 1 - Double(bitPattern: trust.load(ordering: .relaxed))
      speed.cacheTrust = 1 - doubt * known
    }
    let (service, tokensPerSecond) = Self.pair(occupation)
    if service > 0 { speed.service = service }
    speed.tokensPerSecond = tokensPerSecond
    speed.load = Double(bitPattern: load.load(ordering: .relaxed))
    let (seen, least) = Self.pair(slots)
    (speed.slots, speed.slotsAtLeast) = (Int(seen), Int(least))
    let began = loading.load(ordering: .relaxed)
    if began > 0 {
      let span = Self.span(from: began - 1, to: now)
      if span < Self.longestLoad { speed.loadingFor = Double(span) }
    }
    speed.overdue = overdue(at: now)
    return speed
  }

  /// Whether the model is believed to be on its way into memory.
  public func isLoading(at now: UInt64) -> Bool {
    let began = loading.load(ordering: .relaxed)
    return began > 0 && Self.span(from: began - 1, to: now) < Self.longestLoad
  }

  private func overdue(at now: UInt64) -> Double {
    let word = waiting.load(ordering: .relaxed)
    let count = word >> 48
    guard count > 0 else { return 0 }
    let due = Double((word & (1 << 48 - 1)) << 4) / Double(count)
    // Where others get theirs in the meantime, the server is not to blame.
    let heard = Double(sampled.load(ordering: .relaxed))
    return max(0, Double(now) - max(due, heard) - Self.patience)
  }

  // MARK: Requests that wait

  /// A request is sent at `now` whose first token is expected after so many milliseconds. Whoever
  /// calls this owes `settle` with the result.
  public func expect(within milliseconds: Double, at now: UInt64) -> UInt64 {
    let wait = milliseconds < 0 ? 0 : UInt64(min(milliseconds, 86_400_000))
    let ticket = 1 << 48 | (now &+ wait) >> 4 & (1 << 34 - 1)
    waiting.wrappingAdd(ticket, ordering: .relaxed)
    return ticket
  }

  /// The request with that ticket has its first token, or waits no more.
  public func settle(_ ticket: UInt64) {
    waiting.wrappingSubtract(ticket, ordering: .relaxed)
  }

  /// The server begins to bring the model into memory.
  public func loadBegan(at now: UInt64) {
    guard !isLoading(at: now) else { return }
    loading.store(now &+ 1, ordering: .relaxed)
  }

  /// The server has brought it there, or will not.
  public func loadEnded(at now: UInt64, isLoaded: Bool) {
    guard let began = endLoading(), isLoaded else { return }
    learned.withLock { lessons in
      lessons.fade(to: now)
      lessons.learn(load: Double(Self.span(from: began, to: now)))
      publish(lessons)
    }
  }

  // MARK: Lessons

  /// A request got its first token at `now`.
  public func record(_ sample: FirstToken, at now: UInt64) {
    learned.withLock { lessons in
      lessons.fade(to: now)
      if sample.isCold {
        guard let began = endLoading() else { return }
        lessons.learn(load: Double(Self.span(from: began, to: now)), sample)
      } else {
        lessons.learn(sample)
      }
      publish(lessons)
    }
  }

  /// An answer came to its end at `now`.
  public func record(_ answer: Answer, at now: UInt64) {
    learned.withLock { lessons in
      lessons.fade(to: now)
      lessons.learn(answer)
      publish(lessons)
    }
  }

  /// A request failed at `now` by the server's fault: what fails fast must not look fast.
  public func recordFailure(at now: UInt64) {
    _ = endLoading()
    learned.withLock { lessons in
      lessons.fade(to: now)
      lessons.learnFailure()
      publish(lessons)
    }
  }

  /// When something was learned last; 0 for never.
  public var lastLesson: UInt64 { sampled.load(ordering: .relaxed) }

  private func endLoading() -> UInt64? {
    let began = loading.exchange(0, ordering: .relaxed)
    return began > 0 ? began - 1 : nil
  }

  private func publish(_ lessons: borrowing SpeedLessons) {
    Self.store(lessons.fit.base, lessons.fit.perToken, in: line)
    Self.store(lessons.fit.samples, lessons.slowdown, in: trend)
    Self.store(lessons.service, lessons.tokensPerSecond, in: occupation)
    load.store(lessons.load.bitPattern, ordering: .relaxed)
    Self.store(Double(lessons.slots), Double(lessons.slotsAtLeast), in: slots)
    trust.store(lessons.cacheTrust.bitPattern, ordering: .relaxed)
    sampled.store(lessons.moment, ordering: .relaxed)
  }

  // MARK: Words

  private static func span(from then: UInt64, to now: UInt64) -> UInt64 {
    now > then ? now - then : 0
  }

  private static func pair(_ word: borrowing Atomic<UInt64>) -> (Double, Double) {
    let bits = word.load(ordering: .relaxed)
    return (
      Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits >> 32))),
      Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    )
  }

  private static func store(
    _ first: Double, _ second: Double, in word: borrowing Atomic<UInt64>
  ) {
    let bits = UInt64(Float(first).bitPattern) << 32 | UInt64(Float(second).bitPattern)
    word.store(bits, ordering: .relaxed)
  }
}
