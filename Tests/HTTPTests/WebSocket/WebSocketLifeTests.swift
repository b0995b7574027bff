import Testing

@testable import HTTP

/// The course of a connection as a dialogue, and every course of a few steps.
@Suite struct WebSocketLifeTests {
  private var rules = WebSocketRules()
  private let hello: [UInt8] = [1, 2]

  private func life() -> WebSocketLife { WebSocketLife(rules, at: 0) }

  @Test func pingsAreAnswered() {
    var life = life()
    #expect(life.on(.received(.ping(hello)), at: 5) == .pong(hello))
    #expect(life.on(.received(.text(hello)), at: 6) == .nothing)
    #expect(life.on(.received(.binary(hello)), at: 6) == .nothing)
    #expect(life.deadline == 30_000)
  }

  /// A ping every 30 s; one without any answer in two intervals is given up at the third.
  @Test func aClientThatDoesNotAnswerIsGivenUp() {
    var life = life()
    #expect(life.on(.time, at: 29_999) == .nothing)
    #expect(life.on(.time, at: 30_000) == .ping(Array("1".utf8)))
    #expect(life.on(.received(.pong(Array("1".utf8))), at: 30_001) == .nothing)
    #expect(life.on(.time, at: 60_000) == .ping(Array("2".utf8)))
    #expect(life.on(.time, at: 90_000) == .ping(Array("3".utf8)))
    #expect(life.on(.received(.ping(hello)), at: 90_001) == .pong(hello))
    #expect(life.on(.time, at: 120_000) == .close(.policy, "pings go without an answer"))
    #expect(life.on(.sent(all: true), at: 120_000) == .finishSending)
    #expect(life.deadline == 121_000)
    #expect(life.on(.time, at: 121_000) == .die)
    #expect(life.end == .ended(.policy))
  }

  @Test func aCloseIsAnsweredWithItsCode() {
    var life = life()
    let code = CloseCode(rawValue: 4001)
    #expect(life.on(.received(.close(code)), at: 10) == .close(code, ""))
    #expect(!life.isOpen)
    #expect(life.on(.sent(all: false), at: 10) == .nothing)
    #expect(life.on(.sent(all: true), at: 20) == .finishSending)
    #expect(life.on(.lost, at: 30) == .die)
    #expect(life.end == .closed(code))
    #expect(life.deadline == nil)
  }

  @Test func ourCloseWaitsForTheClientsForAWhile() {
    var life = life()
    #expect(life.on(.end(.goingAway, "x"), at: 10) == .close(.goingAway, "x"))
    #expect(life.on(.end(.goingAway, "x"), at: 11) == .nothing)
    #expect(life.on(.sent(all: true), at: 12) == .nothing)
    var other = life
    #expect(life.on(.received(.close(.goingAway)), at: 20) == .finishSending)
    #expect(life.on(.lost, at: 21) == .die)
    #expect(life.end == .ended(.goingAway))
    #expect(other.on(.time, at: 1_009) == .nothing)
    #expect(other.on(.time, at: 1_010) == .die)
    #expect(other.end == .ended(.goingAway))
  }

  /// The client's close came before this side's could be sent.
  @Test func closesThatCrossAreSentAllTheSame() {
    var life = life()
    #expect(life.on(.end(.goingAway, "x"), at: 0) == .close(.goingAway, "x"))
    #expect(life.on(.received(.close(.normal)), at: 1) == .nothing)
    #expect(life.on(.sent(all: true), at: 2) == .finishSending)
  }

  @Test func faultsAreAnsweredWithTheirCode() {
    var life = life()
    let fault = WebSocketFault(.badText, "no UTF-8")
    #expect(life.on(.fault(fault), at: 0) == .close(.badText, "no UTF-8"))
    #expect(life.on(.sent(all: true), at: 0) == .finishSending)
    #expect(life.on(.time, at: 1_000) == .die)
    #expect(life.end == .fault(fault))
  }

  /// What is taken, however slowly, is fine; nothing at all for 30 s is not.
  @Test func aClientThatTakesNothingIsGivenUp() {
    var life = life()
    #expect(life.on(.queued, at: 0) == .nothing)
    #expect(life.on(.received(.pong([])), at: 10_000) == .nothing)
    #expect(life.on(.queued, at: 20_000) == .nothing)
    #expect(life.on(.sent(all: false), at: 29_000) == .nothing)
    #expect(life.on(.time, at: 30_000) == .ping(Array("1".utf8)))
    #expect(life.on(.queued, at: 50_000) == .nothing)
    #expect(life.on(.time, at: 59_000) == .close(.tryAgainLater, "nothing was taken for too long"))
    #expect(life.on(.time, at: 60_000) == .die)
    #expect(life.end == .slow)
  }

  @Test func tooMuchThatWaitsEndsIt() {
    var life = life()
    #expect(
      life.on(.overflow, at: 7) == .close(.tryAgainLater, "too slow for what happens here"))
    #expect(life.on(.overflow, at: 7) == .nothing)
    #expect(life.end == .slow)
  }

  /// Bytes that drip keep no frame alive.
  @Test func aFrameHasItsTime() {
    var life = life()
    for moment in stride(from: 0, through: 9_000, by: 1_000) as StrideThrough<Int> {
      #expect(life.on(.read(insideFrame: true), at: UInt64(moment)) == .nothing)
      #expect(life.on(.time, at: UInt64(moment)) == .nothing)
    }
    var other = life
    #expect(life.on(.time, at: 10_000) == .close(.policy, "a frame took too long"))
    #expect(other.on(.read(insideFrame: false), at: 9_999) == .nothing)
    #expect(other.on(.time, at: 10_000) == .nothing)
  }

  /// Whatever happens in whichever order: one close frame at most, nothing is sent after it, it ends
  /// in time, and nothing happens after that.
  @Test func everyCourseOfAFewSteps() {
    let events: [WebSocketLife.Event] = [
      .received(.ping([1])), .received(.pong([])), .received(.close(nil)), .received(.text([])),
      .fault(WebSocketFault(.protocolError, "bad")), .read(insideFrame: true),
      .read(insideFrame: false), .sent(all: true), .sent(all: false), .queued, .overflow,
      .end(.goingAway, "stops"), .lost, .time,
    ]
    var courses = 0
    explore(life(), events, depth: 4, at: 0, closes: 0, isDead: false) { courses += 1 }
    #expect(courses == 2 * Int(pow(14, 4)))
  }

  private func pow(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { result, _ in result * base }
  }

  private func explore(
    _ life: WebSocketLife, _ events: [WebSocketLife.Event], depth: Int, at now: UInt64,
    closes: Int, isDead: Bool, _ count: () -> Void
  ) {
    guard depth > 0 else {
      count()
      return endsInTime(life, at: now)
    }
    // Half of the courses have long pauses.
    for event in events {
      for pause in depth == 4 ? [UInt64(10), 31_000] : [closes == 0 ? 1_000 : 10] {
        var next = life
        let action = next.on(event, at: now + pause)
        var closes = closes
        if case .close = action { closes += 1 }
        var dies = isDead
        switch action {
        case .ping, .pong: if closes > 0 || isDead { Issue.record("\(action) after the end") }
        case .close, .finishSending: if isDead { Issue.record("\(action) after the end") }
        case .die:
          if isDead { Issue.record("it dies twice") }
          dies = true
        case .nothing: break
        }
        if closes > 1 { Issue.record("closed twice") }
        if next.isOpen == (closes > 0 || dies) { Issue.record("open after \(event)") }
        if (next.deadline == nil) != dies { Issue.record("no deadline") }
        explore(
          next, events, depth: depth - 1, at: now + pause, closes: closes, isDead: dies, count)
      }
    }
  }

  /// Left alone, a client that says nothing is given up within so many pings.
  private func endsInTime(_ life: WebSocketLife, at now: UInt64) {
    var life = life
    var moment = now
    for _ in 0..<10 {
      guard let deadline = life.deadline else { return }
      if deadline > now + 200_000 { break }
      moment = max(moment, deadline)
      _ = life.on(.time, at: moment)
    }
    Issue.record("it never ends")
  }
}
