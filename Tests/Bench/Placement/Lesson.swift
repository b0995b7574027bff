import Fleet
import Routing

/// What a try teaches about its backend: feeds the accounts as the gateway's `Lessons` does.
final class Lesson {
  private let call: Call
  private let attempt: Attempt
  private let ahead: Int
  private let isWarm: Bool
  /// Bytes of the prompt that were thought to be in a cache there.
  private let cachedBytes: UInt64

  init(_ call: Call, _ attempt: Attempt, cached bytes: UInt64, at now: Double) {
    self.call = call
    self.attempt = attempt
    cachedBytes = bytes
    ahead = max(0, attempt.backend.load.inFlight - 1)
    isWarm = attempt.model.use()
  }

  func answerBegan(after milliseconds: Double, at now: Double) {
    let account = attempt.model.account
    let scale = account.tokens.bytesPerToken
    account.speed.record(
      SpeedAccount.FirstToken(
        milliseconds: milliseconds,
        promptTokens: Double(call.size.tokens(bytesPerToken: scale)),
        cachedTokens: Double(cachedBytes) / scale, ahead: ahead, isCold: !isWarm),
      at: UInt64(now))
    guard isWarm else { return }
    let time = UInt64(milliseconds * 1_000)
    attempt.backend.load.record(firstByteMicroseconds: time)
    attempt.backend.load.quality.record(firstTokenMicroseconds: time)
    account.quality.record(firstTokenMicroseconds: time)
  }

  /// `cached`: tokens that the server says it found in its cache, or nil.
  func answerEnded(cached: Int?, at now: Double) {
    attempt.backend.load.quality.recordSuccess()
    attempt.model.account.quality.recordSuccess()
    attempt.model.account.tokens.record(bytes: call.bytes, tokens: UInt64(call.prompt.tokens))
  }

  func failed(at now: Double) {
    attempt.backend.load.recordFailure()
    attempt.backend.load.quality.recordFailure()
    attempt.model.account.quality.recordFailure()
  }
}
