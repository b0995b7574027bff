import Config
import Foundation

import Seeded
import Synchronization
import Telemetry
import Testing

@testable import Control

/// The month's budget as a value.
@Suite struct BudgetStateTests {
  private func rules(
    _ dollars: Double, soft: Double = 75, _ action: Settings.HardLimitAction = .blockCloud
  ) -> BudgetRules {
    var settings = Settings.Budget()
    settings.monthlyLimitUSD = dollars
    settings.softLimitPercent = soft
    settings.hardLimitAction = action
    return BudgetRules(settings)
  }

  @Test func theWorstCaseIsReservedAndTheRealOneBooked() {
    var state = BudgetState(month: 1)
    #expect([state.reserve(60, within: 100), state.reserve(41, within: 100)] == [true, false])
    state.settle(60, actual: 10)
    #expect((state.spent, state.reserved) == (10, 0))
    #expect([state.reserve(90, within: 100), state.reserve(1, within: 100)] == [true, false])
    // Without a limit that is kept everything goes.
    #expect([state.reserve(1_000, within: nil)] == [true])
  }

  @Test func aNewMonthBeginsWithWhatIsUnderWay() {
    var state = BudgetState(month: 1, spent: 99)
    _ = state.reserve(50, within: nil)
    #expect([state.turn(to: 1), state.turn(to: 0), state.turn(to: 2)] == [false, false, true])
    #expect((state.spent, state.committed, state.durable) == (0, 50, 0))
    state.settle(50, actual: 20)
    #expect(state.committed == 20)
    // A record of the month before says nothing of this one.
    state.wrote(1_000, for: 1)
    #expect(state.durable == 0)
  }

  @Test func levelsAreToldOnceAMonth() {
    var state = BudgetState(month: 1)
    let rules = rules(100)
    _ = state.reserve(74_999_999, within: rules.keptLimit)
    #expect([state.news(rules)] == [nil])
    _ = state.reserve(1, within: rules.keptLimit)
    #expect([state.news(rules), state.news(rules)] == [.soft, nil])
    _ = state.reserve(25_000_000, within: rules.keptLimit)
    #expect([state.news(rules), state.news(rules)] == [.hard, nil])
    #expect(state.level(self.rules(0)) == .normal)
    _ = state.turn(to: 2)
    state.settle(0, actual: 200_000_000)
    #expect([state.news(rules)] == [.hard])
  }

  @Test func theDiskCountsMoreThanIsSpent() {
    var state = BudgetState(month: 1)
    _ = state.reserve(10, within: nil)
    #expect(state.due(block: 100, ahead: false) == 110)
    state.wrote(110, for: 1)
    #expect(state.due(block: 100, ahead: false) == nil)
    _ = state.reserve(60, within: nil)
    #expect(state.due(block: 100, ahead: false) == nil)
    #expect(state.due(block: 100, ahead: true) == 170)
  }

  @Test func dollarsAreRoundedUp() {
    let cases: [(Int64, String)] = [
      (0, "0.0000"), (1, "0.0001"), (100, "0.0001"), (101, "0.0002"), (2_300, "0.0023"),
      (1_234_567_890, "1234.5679"), (-5, "0.0000"),
    ]
    for (amount, text) in cases { #expect(BudgetLedger.dollars(amount) == text) }
  }
}

/// The ledger between many threads, and between one run and the next.
@Suite struct BudgetLedgerTests {
  private static let limit = 10.0

  private var rules: BudgetRules {
    var settings = Settings.Budget()
    settings.monthlyLimitUSD = Self.limit
    settings.hardLimitAction = .blockCloud
    return BudgetRules(settings)
  }

  @Test func nothingIsAdmittedBeyondTheLimit() throws {
    let disk = VolatileDisk()
    let (store, _) = try StateStore.open(disk)
    let ledger = BudgetLedger(store, log: Log(level: .error), clock: { 1_795_000_000 })
    let rules = rules
    let admitted = Atomic<Int64>(0)
    let most = Atomic<Int64>(0)
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      var random = SeededRandom(seed: UInt64(worker + 1))
      for _ in 0..<4_000 {
        let amount = Int64(random.next() % 20_000) + 1
        if case .refused = ledger.reserve(amount, rules, durable: {}) { continue }
        let now = admitted.add(amount, ordering: .sequentiallyConsistent).newValue
        most.max(now, ordering: .relaxed)
        // The real cost is never more than the worst case.
        let actual = Int64(random.next() % UInt64(amount))
        admitted.subtract(amount - actual, ordering: .sequentiallyConsistent)
        ledger.settle(amount, actual: actual, rules)
      }
    }
    let limit = Int64(Self.limit * 1_000_000)
    #expect(most.load(ordering: .relaxed) <= limit)
    let standing = ledger.standing(rules)
    #expect(standing.committed == admitted.load(ordering: .relaxed))
    // It was tried: nearly everything is spent.
    #expect(standing.committed > limit - 20_000)
    store.close()
  }

  @Test func anotherRunGoesOnFromNoLessThanWasSpent() throws {
    let place = try TestDirectory()
    let location = StateLocation.directory("\(place.path)/state", isExplicit: true)
    func open(_ moment: Int64, _ body: (BudgetLedger) throws -> Void) throws {
      let (store, _) = try StateStore.open(location)
      defer { store.close() }
      try body(BudgetLedger(store, log: Log(level: .error), clock: { moment }))
    }
    let november: Int64 = 1_795_000_000
    func pay(_ amount: Int64, _ ledger: BudgetLedger) throws {
      let written = DispatchSemaphore(value: 0)
      switch ledger.reserve(amount, rules, durable: { written.signal() }) {
      case .refused: throw CancellationError()
      case .pending: written.wait()
      case .granted: break
      }
      ledger.settle(amount, actual: amount, rules)
    }
    // The end comes as by kill -9: nobody closes the ledger.
    try open(november) { ledger in for _ in 0..<100 { try pay(12_345, ledger) } }
    var before: Int64 = 0
    try open(november) { ledger in
      before = ledger.standing(rules).spent
      #expect(before >= 1_234_500)
      #expect(before <= 1_234_500 + 2 * rules.block)
      try pay(1, ledger)
      ledger.close()
    }
    // In good order nothing is added.
    try open(november) { #expect($0.standing(rules).spent == before + 1) }
    try open(november + 31 * 86_400) { #expect($0.standing(rules).spent == 0) }
  }
}
