import Fleet
import Routing

/// What a try teaches about its backend: feeds the accounts as the gateway's `Lessons` does.
struct Lesson {
  private let call: Call
  private let backend: Backend
  private let model: Model
  private let ahead: Int
  private let isWarm: Bool
  /// Tokens of the prompt that were thought to be in a cache there.
  private let expected: Int

  init(_ call: Call, _ backend: Backend, _ model: Model, _ expected: Int) {
    self.call = call
    self.backend = backend
    self.model = model
    self.expected = expected
    ahead = max(0, backend.load.inFlight - 1)
    isWarm = model.use()
  }

  func answerBegan(after milliseconds: Double, at now: Double) {
    let scale = model.account.tokens.bytesPerToken
    model.account.speed.record(
      SpeedAccount.FirstToken(
        milliseconds: milliseconds,
        promptTokens: Double(call.facts(warm: .init()).prompt.tokens(bytesPerToken: scale)),
        cachedTokens: Double(call.bytes(expected)) / scale, ahead: ahead, isCold: !isWarm),
      at: UInt64(now))
    guard isWarm else { return }
    let time = UInt64(milliseconds * 1_000)
    backend.load.record(firstByteMicroseconds: time)
    backend.load.quality.record(firstTokenMicroseconds: time)
  }

  /// `cached`: tokens that were in the cache, which not every server tells.
  func answerEnded(cached: Int, told: NodeSpec.Candour) {
    backend.load.quality.recordSuccess()
    model.account.tokens.record(
      bytes: call.bytes(call.prompt.tokens), tokens: UInt64(call.prompt.tokens))
  }

  func failed() {
    backend.load.recordFailure()
    backend.load.quality.recordFailure()
  }
}
