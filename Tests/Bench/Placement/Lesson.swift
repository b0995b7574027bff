import Drivers
import Fleet
import Routing

/// What a try teaches about its backend: feeds the accounts as the gateway's `Lessons` does.
final class Lesson {
  private let call: Call
  private let attempt: Attempt
  private let sent: UInt64
  private let ahead: Int
  private let isWarm: Bool
  /// What the account is owed until the first token comes or the try is over.
  private var ticket: UInt64?
  private var firstToken = 0.0

  init(_ call: Call, _ attempt: Attempt, at now: Double) {
    self.call = call
    self.attempt = attempt
    sent = UInt64(now)
    ahead = max(0, attempt.backend.load.inFlight - 1) + attempt.member.foreignRequests
    let account = attempt.model.account
    let isInMemory = attempt.model.use()
    if !isInMemory { attempt.backend.load.loadBegan(attempt.model.account, at: UInt64(now)) }
    isWarm =
      isInMemory
      && (attempt.model.report.residency == .loaded || !account.speed.isLoading(at: UInt64(now)))
    if attempt.expected > 0 {
      ticket = account.speed.expect(within: attempt.expected, at: UInt64(now))
    }
  }

  private func settle() {
    if let ticket { attempt.model.account.speed.settle(ticket) }
    ticket = nil
  }

  private var sample: SpeedAccount.FirstToken {
    SpeedAccount.FirstToken(
      milliseconds: firstToken, promptTokens: attempt.promptTokens,
      cachedTokens: attempt.cachedTokens, ahead: ahead, slots: attempt.slots, isCold: !isWarm)
  }

  func answerBegan(after milliseconds: Double, at now: Double) {
    let account = attempt.model.account
    settle()
    firstToken = milliseconds
    account.speed.record(sample, at: UInt64(now))
    record(.answers(since: sent), at: now)
    guard isWarm else { return attempt.backend.load.loadEnded(account) }
    let time = UInt64(milliseconds * 1_000)
    attempt.backend.load.record(firstByteMicroseconds: time)
    attempt.backend.load.quality.record(firstTokenMicroseconds: time)
    account.quality.record(firstTokenMicroseconds: time)
  }

  /// `cached`: tokens that the server says it found in its cache, or nil.
  func answerEnded(after milliseconds: Double, cached: Int?, at now: Double) {
    attempt.model.account.speed.record(
      SpeedAccount.Answer(
        milliseconds: milliseconds, first: sample, tokens: Double(call.answer),
        cached: cached.map { Double($0) }), at: UInt64(now))
    record(.succeeded, at: now)
    attempt.backend.load.quality.recordSuccess()
    attempt.model.account.quality.recordSuccess()
    attempt.model.account.tokens.record(bytes: call.bytes, tokens: UInt64(call.prompt.tokens))
  }

  func failed(at now: Double) {
    settle()
    record(.failed(isUnreachable: UInt64(now) == sent), at: now)
    attempt.model.account.speed.recordFailure(at: UInt64(now))
    attempt.backend.load.loadEnded(attempt.model.account)
    attempt.backend.load.recordFailure()
    attempt.backend.load.quality.recordFailure()
    attempt.model.account.quality.recordFailure()
  }

  private func record(_ event: CircuitState.Event, at now: Double) {
    attempt.backend.load.circuit.record(event, at: UInt64(now), draw: call.draw)
    // A server that is not there says nothing of its models.
    guard event != .failed(isUnreachable: true) else { return }
    attempt.model.account.circuit.record(event, at: UInt64(now), draw: call.draw)
  }
}
