import Glibc

/// What a `SpeedAccount` has learned: a value, changed by each sample.
struct SpeedLessons {
  /// What the place is like.
  private(set) var fit = PrefillFit()
  /// How many times as slow as that it has been lately.
  private(set) var slowdown = 1.0
  /// Mean time that a request occupies a slot; 0 unknown.
  private(set) var service = 0.0
  private(set) var tokensPerSecond = 0.0
  private(set) var load = 0.0
  private(set) var cacheTrust = 1.0
  /// Of the last sample.
  private(set) var moment: UInt64 = 0
  private var waited = 0.0
  private var waitedFor = 0.0
  private var reportsCache = false

  /// A sample moves the trend by a third of the difference, and means by an eighth.
  private static let trendStep = 1.0 / 3
  private static let step = 1.0 / 8
  /// Samples from which a difference is one, and not what is still being learned.
  private static let least = 3.0
  /// More than so many times the expected time teaches no more than that about the usual speed.
  private static let credible = 4.0
  /// Less than so many milliseconds are noise of the machine, not of the model.
  private static let noise = 20.0

  /// What each request adds that has to be through before; 0 unknown.
  var perWaiting: Double { waitedFor > 0 ? waited / waitedFor : 0 }

  /// Lets what was learned until the last sample weigh less.
  mutating func fade(to now: UInt64) {
    guard now > moment else { return }
    let age = now - moment
    moment = now
    guard fit.samples > 0 else { return }
    fit.fade(to: Fading.kept(age, halfLife: SpeedAccount.natureHalfLife))
    slowdown = 1 + (slowdown - 1) * Fading.kept(age, halfLife: SpeedAccount.trendHalfLife)
  }

  /// A first token of a model that was in memory.
  mutating func learn(_ sample: SpeedAccount.FirstToken) {
    let tokens = computed(sample)
    guard sample.before == 0 else { return learn(wait: sample, tokens) }
    if !reportsCache, let isFound = isFound(sample) { trust(isFound ? 1 : 0) }
    let expected = prefill(tokens)
    let isKnown = fit.samples >= Self.least
    let credible =
      isKnown ? min(sample.milliseconds, expected * Self.credible) : sample.milliseconds
    fit.add(
      tokens: tokens, milliseconds: credible,
      expected: fit.samples > 0 ? expected : sample.milliseconds)
    guard isKnown else { return }
    let ratio = (sample.milliseconds + Self.noise) / (prefill(tokens) + Self.noise)
    shift(toward: ratio)
  }

  /// A wait is no prefill: what is beyond that is put down to those who had to be through before.
  private mutating func learn(wait sample: SpeedAccount.FirstToken, _ tokens: Double) {
    if waitedFor == 0 {
      let usual = service > 0 ? service : Speed.usual.service
      waitedFor = 2
      waited = waitedFor * (sample.slots > 0 ? usual / Double(sample.slots) : usual / 10)
    }
    let wait = max(0, sample.milliseconds - prefill(tokens) * slowdown)
    let kept = 1 - Self.step
    waited = waited * kept + wait
    waitedFor = waitedFor * kept + Double(sample.before)
  }

  /// The first token of a model that began to come into memory so long ago.
  mutating func learn(load milliseconds: Double, _ sample: SpeedAccount.FirstToken) {
    let new = max(1, milliseconds - prefill(computed(sample)))
    load = load == 0 ? new : load + (new - load) / 2
  }

  /// An answer that came to its end.
  mutating func learn(_ answer: SpeedAccount.Answer) {
    let first = answer.first
    let prefill = prefill(computed(first)) * slowdown
    let isWhole = first.milliseconds == 0
    let isHeldUp = first.before > 0 || first.isCold
    let generation = answer.milliseconds - (isWhole ? prefill : first.milliseconds)
    if !isWhole || !isHeldUp {
      let wait = isHeldUp ? max(0, first.milliseconds - prefill) : 0
      mix(max(1, answer.milliseconds - wait), into: &service)
      if answer.tokens > 1, generation > 0 {
        mix((answer.tokens - (isWhole ? 0 : 1)) * 1_000 / generation, into: &tokensPerSecond)
      }
    }
    if let cached = answer.cached, first.cachedTokens >= 1 {
      reportsCache = true
      trust(min(1, cached / first.cachedTokens))
    }
  }

  mutating func learnFailure() {
    if fit.samples > 0 { shift(toward: Self.credible) }
  }

  /// The prompt's tokens that had to be computed.
  private func computed(_ sample: SpeedAccount.FirstToken) -> Double {
    let all = max(0, sample.promptTokens)
    let cached = min(all, max(0, sample.cachedTokens))
    guard let isFound = isFound(sample) else { return all - cacheTrust * cached }
    return isFound ? all - cached : all
  }

  /// Whether what should have been in a cache was there, seen from the time; nil where that does not
  /// tell.
  private func isFound(_ sample: SpeedAccount.FirstToken) -> Bool? {
    let all = max(0, sample.promptTokens)
    let cached = min(all, max(0, sample.cachedTokens))
    guard cached > 0, sample.milliseconds > 0, sample.before == 0, !sample.isCold,
      fit.samples >= Self.least
    else { return nil }
    let found = prefill(all - cached) * slowdown
    let missed = prefill(all) * slowdown
    guard missed > 1.5 * found else { return nil }
    return sample.milliseconds * sample.milliseconds < found * missed
  }

  private mutating func trust(_ share: Double) {
    cacheTrust += (share - cacheTrust) * Self.step
  }

  /// What the usual speed and the samples say together.
  private func prefill(_ tokens: Double) -> Double {
    let known = fit.samples / (fit.samples + SpeedAccount.usualWeight)
    let usual = Speed.usual.prefill(tokens: tokens)
    return usual + (fit.base + fit.perToken * tokens - usual) * known
  }

  private mutating func shift(toward ratio: Double) {
    let now = log(slowdown)
    slowdown = min(max(0.25, exp(now + (log(ratio) - now) * Self.trendStep)), 64)
  }

  private func mix(_ sample: Double, into mean: inout Double) {
    mean = mean == 0 ? sample : mean + (sample - mean) * Self.step
  }
}
