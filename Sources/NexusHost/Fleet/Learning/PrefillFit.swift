/// How long prompts take: a straight line of milliseconds over tokens, fitted to samples of which the
/// latest count most. A value.
///
/// Weighted least squares. A sample weighs as the inverse square of what was expected of it, since
/// times scatter in proportion to their length. Where all prompts are of about one length, the time
/// is split between base and tokens as it usually is (a ridge on the slope alone).
struct PrefillFit {
  private var weight = 0.0
  private var tokens = 0.0
  private var time = 0.0
  private var squares = 0.0
  private var products = 0.0
  /// With how many samples of full weight it is as good.
  private(set) var samples = 0.0
  /// Milliseconds of a prompt without tokens.
  private(set) var base = 0.0
  /// Milliseconds of each token.
  private(set) var perToken = 0.0

  /// About the number of samples that decide.
  static let memory = 24.0
  /// How much the usual split counts against the samples' own spread.
  private static let ridge = 0.01

  /// Lets all samples weigh less.
  mutating func fade(to kept: Double) {
    weight *= kept
    tokens *= kept
    time *= kept
    squares *= kept
    products *= kept
    samples *= kept
  }

  /// Adds a sample; `expected`: the time that was expected of it.
  mutating func add(tokens count: Double, milliseconds: Double, expected: Double) {
    fade(to: 1 - 1 / Self.memory)
    let share = 1 / max(1, expected * expected)
    weight += share
    tokens += share * count
    time += share * milliseconds
    squares += share * count * count
    products += share * count * milliseconds
    samples += 1
    fit()
  }

  private mutating func fit() {
    let meanTokens = tokens / weight
    let meanTime = time / weight
    guard meanTokens > 0 else {
      (base, perToken) = (meanTime, Speed.usual.perPromptToken)
      return
    }
    let prompt = Speed.usual.perPromptToken * meanTokens
    let usual = meanTime / meanTokens * prompt / (Speed.usual.base + prompt)
    let ridge = Self.ridge * meanTokens * meanTokens
    let spread = max(0, squares / weight - meanTokens * meanTokens)
    let common = products / weight - meanTokens * meanTime
    let slope = (common + ridge * usual) / (spread + ridge)
    perToken = min(max(0, slope), meanTime / meanTokens)
    base = meanTime - perToken * meanTokens
  }
}
