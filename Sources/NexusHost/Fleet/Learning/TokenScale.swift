import Synchronization

/// How many bytes of a prompt make one token of a model, learned from the usage that backends report.
/// Any thread.
public final class TokenScale: Sendable {
  private let scale = Atomic<UInt64>(TokenScale.usual.bitPattern)
  private let deviation = Atomic<UInt64>(0)
  private let samples = Atomic<UInt64>(0)

  /// What is known at a moment.
  public struct Figures: Equatable, Sendable {
    /// Bytes of a token, on average.
    public var bytesPerToken = TokenScale.usual
    /// By which share of the real number the estimates of late were wrong, on average.
    public var error = 0.0
    /// Whether enough was learned to rely on it.
    public var isCalibrated = false

    public init() {}

    /// By what an estimate is multiplied so that the real number is hardly ever greater: a quarter
    /// more, or twice the usual error.
    public var margin: Double { 1 + max(0.25, 2 * error) }
  }

  /// What is assumed before anything was learned.
  public static let usual = 4.0
  /// No tokenizer has more or fewer on ordinary text.
  private static let plausible = 0.5...16.0
  /// What the latest sample weighs at the least; the first ones weigh more, as in a plain average.
  private static let weight = 0.1
  /// Shorter prompts are mostly the template around them.
  private static let shortest: UInt64 = 64
  /// Samples from which on the scale is thought to be known.
  private static let enough: UInt64 = 8

  public init() {}

  /// Bytes of a token, on average.
  public var bytesPerToken: Double { Double(bitPattern: scale.load(ordering: .relaxed)) }

  /// By which share of the real number the estimates of late were wrong, on average: 0.1 is a tenth.
  /// 0 before anything was learned.
  public var error: Double { Double(bitPattern: deviation.load(ordering: .relaxed)) }

  /// Whether enough was learned to rely on it.
  public var isCalibrated: Bool { samples.load(ordering: .relaxed) >= Self.enough }

  /// All that is known now.
  public var figures: Figures {
    var figures = Figures()
    figures.bytesPerToken = bytesPerToken
    figures.error = error
    figures.isCalibrated = isCalibrated
    return figures
  }

  /// A prompt of so many bytes of text had so many tokens. Two threads at once lose one of many
  /// samples.
  public func record(bytes: UInt64, tokens: UInt64) {
    guard bytes >= Self.shortest, tokens > 0 else { return }
    let sample = Double(bytes) / Double(tokens)
    guard Self.plausible.contains(sample) else { return }
    let count = samples.load(ordering: .relaxed)
    let weight = max(Self.weight, 1 / Double(count + 1))
    let old = bytesPerToken
    // Of the estimate that was made: sample / old is estimated tokens by real ones.
    let miss = abs(sample / old - 1)
    scale.store((old + (sample - old) * weight).bitPattern, ordering: .relaxed)
    deviation.store((error + (miss - error) * weight).bitPattern, ordering: .relaxed)
    samples.store(count &+ 1, ordering: .relaxed)
  }
}
