import Glibc

/// What a `SpeedAccount` has learned: a value, changed by each sample.
struct SpeedLessons {
  /// What the place is like.
  private(set) var fit = PrefillFit()
  /// How many times as slow as that it has been lately.
  private(set) var slowdown = 1.0
  private(set) var tokensPerSecond = 0.0
  private(set) var load = 0.0
  private(set) var cacheTrust = 1.0
  /// Of the last sample.
  private(set) var moment: UInt64 = 0
  /// How many requests it seems to serve at once; 0 unknown.
  private(set) var slots = 0
  /// So many it does.
  private(set) var slotsAtLeast = 0
  // By the number of requests that were there already: the share that had to wait; -1 unknown.
  private var waits = SIMD16<Float>(repeating: -1)
  private var answers = 0.0
  private var reading = 0.0
  private var writing = 0.0
  private var tokens = 0.0
  private var reportsCache = false

  /// A sample moves the trend by a third of the difference, and means by an eighth.
  private static let trendStep = 1.0 / 3
  private static let step = 1.0 / 8
  private static let levels = 16
  /// Answers whose mean is the service time.
  private static let memory = 32.0
  /// An answer that is so many times as slow as usual is so for more than its neighbours' sake.
  private static let plain = 2.0
  /// What is taken for an answer before some were seen, in tokens, and for how many that counts.
  private static let usualTokens = 200.0
  private static let usualAnswers = 4.0
  /// Samples from which a difference is one, and not what is still being learned.
  private static let least = 3.0
  /// More than so many times the expected time teaches no more than that about the usual speed.
  private static let credible = 4.0
  /// A wait says that there were no free slots; that there was none says less, since whoever was there
  /// may just have been through.
  private static let openMind: Float = 0.4
  private static let waitStep: Float = 0.4
  private static let passStep: Float = 0.25
  /// Less than so many milliseconds are noise of the machine, not of the model.
  private static let noise = 50.0

  /// Lets what was learned until the last sample weigh less.
  mutating func fade(to now: UInt64) {
    guard now > moment else { return }
    let age = now - moment
    moment = now
    fit.fade(to: Fading.kept(age, halfLife: SpeedAccount.natureHalfLife))
    slowdown = 1 + (slowdown - 1) * Fading.kept(age, halfLife: SpeedAccount.trendHalfLife)
  }

  /// A first token of a model that was in memory.
  mutating func learn(_ sample: SpeedAccount.FirstToken) {
    // What had to be computed may be told at the end.
    guard !reportsCache || sample.cachedTokens < 1 else { return }
    let isFound = isFound(sample)
    learn(sample, computed(sample))
    if !reportsCache, let isFound { trust(isFound ? 1 : 0) }
  }

  private mutating func learn(_ sample: SpeedAccount.FirstToken, _ tokens: Double) {
    let isHeldUp = before(sample) > 0
    learn(slots: sample, tokens)
    // A wait is no prefill.
    guard !isHeldUp else { return }
    let milliseconds = sample.milliseconds
    let expected = prefill(tokens)
    let isKnown = fit.samples >= Self.least
    let credible =
      isKnown ? min(milliseconds, expected * Self.credible) : milliseconds
    fit.add(
      tokens: tokens, milliseconds: credible,
      expected: fit.samples > 0 ? expected : milliseconds)
    guard isKnown else { return }
    let ratio = (milliseconds + Self.noise) / (prefill(tokens) + Self.noise)
    shift(toward: ratio)
  }

  /// Requests that had to be through first.
  private func before(_ sample: SpeedAccount.FirstToken) -> Int {
    let slots = sample.slots > 0 ? sample.slots : max(1, slots, slotsAtLeast)
    return max(0, sample.ahead - slots + 1)
  }

  /// Whether requests wait behind so many others shows how many are served at once.
  /// Returns whether this one seems to have waited.
  private mutating func learn(slots sample: SpeedAccount.FirstToken, _ tokens: Double) {
    guard sample.slots == 0, sample.ahead > 0, fit.samples > 0 else { return }
    let wait = sample.milliseconds - prefill(tokens) * slowdown
    let isWait = wait > max(prefill(tokens) * slowdown, usualService / 10)
    let level = min(sample.ahead, Self.levels - 1)
    let old = waits[level] < 0 ? Self.openMind : waits[level]
    waits[level] = isWait ? old + (1 - old) * Self.waitStep : old - old * Self.passStep
    slots = 0
    slotsAtLeast = 1
    for level in 1..<Self.levels where waits[level] >= 0 {
      if waits[level] > 0.5 {
        slots = level
        return
      }
      slotsAtLeast = level + 1
    }
  }

  private var usualService: Double { service > 0 ? service : Speed.usual.service }

  /// The first token of a model that began to come into memory so long ago.
  mutating func learn(load milliseconds: Double, _ sample: SpeedAccount.FirstToken) {
    learn(load: milliseconds - prefill(computed(sample)), isAlone: sample.ahead == 0)
  }

  /// A model came into memory within so many milliseconds. `isAlone`: nothing else held it up.
  mutating func learn(load milliseconds: Double, isAlone: Bool = true) {
    let new = max(1, milliseconds)
    if load == 0 {
      load = new
    } else if isAlone || new < load {
      load += (new - load) / 2
    }
  }

  /// An answer that came to its end.
  mutating func learn(_ answer: SpeedAccount.Answer) {
    let first = answer.first
    let prefill = prefill(computed(first)) * slowdown
    let isWhole = first.milliseconds == 0
    let isHeldUp = before(first) > 0 || first.isCold
    let generation = answer.milliseconds - (isWhole ? prefill : first.milliseconds)
    if !isWhole || !isHeldUp { learn(answer, generation) }
    if let cached = answer.cached, first.cachedTokens >= 1 {
      if reportsCache, !isWhole, !first.isCold {
        learn(first, max(0, first.promptTokens - cached))
      }
      reportsCache = true
      trust(min(1, cached / first.cachedTokens))
    }
  }

  /// The means of the first answers, then of about the last ones.
  private mutating func learn(_ answer: SpeedAccount.Answer, _ generation: Double) {
    answers = min(answers + 1, Self.memory)
    let prefill = min(answer.milliseconds, prefill(computed(answer.first)))
    reading += (prefill - reading) / answers
    writing += (max(1, generation) / slowdown - writing) / answers
    guard answer.tokens > 1, generation > 0 else { return }
    tokens += (answer.tokens - tokens) / answers
    let pace = answer.tokens * 1_000 / generation
    // Where others wait, first tokens do not tell that a place has turned slow.
    let ratio = tokensPerSecond / pace
    if answers > Self.usualAnswers, ratio > Self.plain { shift(toward: ratio) }
    mix(pace * slowdown, into: &tokensPerSecond)
  }

  /// Mean time that a request occupies a slot. How long answers are is seen from few of them, how fast
  /// they are written from one.
  var service: Double {
    guard answers > 0 else { return 0 }
    let usual = tokensPerSecond > 0 ? Self.usualTokens : Speed.usual.service
    let known = tokensPerSecond > 0 ? tokens : writing
    let mean = (usual * Self.usualAnswers + known * answers) / (Self.usualAnswers + answers)
    return reading + (tokensPerSecond > 0 ? mean * 1_000 / tokensPerSecond : mean)
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
    guard cached > 0, sample.milliseconds > 0, before(sample) == 0, !sample.isCold,
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
    slowdown = min(max(1, exp(now + (log(ratio) - now) * Self.trendStep)), 64)
  }

  private func mix(_ sample: Double, into mean: inout Double) {
    mean = mean == 0 ? sample : mean + (sample - mean) * Self.step
  }
}
