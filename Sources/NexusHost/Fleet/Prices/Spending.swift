/// What a request may cost, and what may still be spent, as routing needs to know it. Money is in
/// micro-dollars.
public struct Spending: Equatable, Sendable {
  /// Estimate of the prompt.
  public var promptTokens: UInt64
  /// The longest answer that the request allows.
  public var answerTokens: UInt64
  /// What is left of the month's budget; nil if nothing is to be kept to.
  public var left: Int64?
  /// Whether what costs nothing comes first, because the budget is nearly spent.
  public var prefersFree = false
  /// Whether a budget that is spent ends what costs nothing too.
  public var endsAll = false

  public init(promptTokens: UInt64 = 0, answerTokens: UInt64 = 0) {
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
  }

  /// The most that a request costs at that price.
  public func worstCase(_ price: ModelPrice) -> Int64 {
    price.cost(input: promptTokens, output: answerTokens)
  }
}
