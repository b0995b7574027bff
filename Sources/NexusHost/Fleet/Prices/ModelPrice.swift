/// What a model costs, in US dollars for a million tokens, which is micro-dollars for one.
public struct ModelPrice: Equatable, Sendable {
  public let input: Double
  public let output: Double

  public init(input: Double, output: Double) {
    self.input = input
    self.output = output
  }

  /// Whether it costs nothing.
  public var isFree: Bool { input <= 0 && output <= 0 }

  /// Micro-dollars for so many tokens, rounded up.
  public func cost(input tokens: UInt64, output answer: UInt64) -> Int64 {
    let cost = (Double(tokens) * input + Double(answer) * output).rounded(.up)
    return Int64(min(cost, 1e15))
  }
}
