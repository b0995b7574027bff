import Seeded
import Testing

@testable import Fleet

/// The time that most requests stay below, followed without remembering any.
@Suite struct QuantileTests {
  @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func restsWhereTheShareIsMet(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    let quantile = Quantile(0.95)
    func sample() -> Double {
      // Skewed, as answers are: most near 100 ms, some much later.
      let draw = Double(random.next() >> 11) / Double(1 << 53)
      return 100 / (1 - draw * 0.999)
    }
    for _ in 0..<2_000 { quantile.record(milliseconds: sample()) }
    var below = 0
    for _ in 0..<4_000 {
      let next = sample()
      if let limit = quantile.milliseconds, next <= limit { below += 1 }
      quantile.record(milliseconds: next)
    }
    #expect((0.93...0.97).contains(Double(below) / 4_000), "seed \(seed): \(below)")
  }

  @Test func tellsNothingBeforeItHasSeenEnough() {
    let quantile = Quantile(0.95)
    for _ in 0..<Quantile.least {
      #expect(quantile.milliseconds == nil)
      quantile.record(milliseconds: 10)
    }
    #expect(quantile.milliseconds != nil)
  }

  @Test func goesAlongWhenTimesChange() {
    let quantile = Quantile(0.95)
    for _ in 0..<100 { quantile.record(milliseconds: 10) }
    for _ in 0..<60 { quantile.record(milliseconds: 1_000) }
    #expect(quantile.milliseconds ?? 0 > 500)
  }
}
