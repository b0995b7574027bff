import Synchronization

/// How many bytes of a prompt make one token of a model, learned from the usage that backends report.
/// Any thread.
public final class TokenScale: Sendable {
  private let scale = Atomic<UInt64>(TokenScale.usual.bitPattern)

  /// What is assumed before anything was learned.
  public static let usual = 4.0
  /// No tokenizer has more or fewer on ordinary text.
  private static let plausible = 0.5...16.0
  private static let weight = 0.1

  public init() {}

  /// Bytes of a token, on average.
  public var bytesPerToken: Double { Double(bitPattern: scale.load(ordering: .relaxed)) }

  /// A prompt of so many bytes of text had so many tokens.
  public func record(bytes: UInt64, tokens: UInt64) {
    guard bytes >= 64, tokens > 0 else { return }
    let sample = Double(bytes) / Double(tokens)
    guard Self.plausible.contains(sample) else { return }
    let old = bytesPerToken
    // Two threads at once lose one of many samples.
    scale.store((old + (sample - old) * Self.weight).bitPattern, ordering: .relaxed)
  }
}
