import Testing

@testable import Control

struct MemoryEstimateTests {
  private static let gb: UInt64 = 1_000_000_000

  struct Row: Sendable, CustomStringConvertible {
    let description: String
    var configured: UInt64 = 0
    var total: UInt64 = 0
    var free: UInt64 = 0
    var models: [UInt64] = []
    var seen: UInt64 = 0
    var stored: UInt64 = 0
    let fits: Bool
  }

  /// With 20 % headroom, 10 % buffer for guesses, and 16 GB where nobody knows the memory.
  private static let rows: [Row] = [
    Row(description: "empty, small", total: 24 * gb, free: 24 * gb, stored: 4 * gb, fits: true),
    Row(
      description: "headroom holds for what was seen", total: 100 * gb, free: 50 * gb,
      seen: 30 * gb, fits: true),
    Row(
      description: "a byte too much", total: 100 * gb, free: 50 * gb, seen: 30 * gb + 1,
      fits: false),
    Row(
      description: "a guess needs the buffer and a tenth", total: 100 * gb, free: 52 * gb,
      stored: 20 * gb, fits: true),
    Row(
      description: "and no less", total: 100 * gb, free: 52 * gb - 1, stored: 20 * gb, fits: false),
    Row(
      description: "unknown size, half free", total: 10 * gb, free: 5 * gb, fits: true),
    Row(
      description: "unknown size, nearly full", total: 10 * gb, free: 2 * gb, fits: false),
    Row(
      description: "configured counts, used by what is loaded", configured: 24 * gb,
      models: [10 * gb], seen: 9 * gb, fits: true),
    Row(
      description: "configured counts, full", configured: 24 * gb, models: [10 * gb, 5 * gb],
      seen: 9 * gb, fits: false),
    Row(
      description: "configured less than used", configured: 8 * gb, models: [20 * gb],
      seen: gb, fits: false),
    Row(
      description: "configured counts before the server's total", configured: 10 * gb,
      total: 100 * gb, free: 99 * gb, seen: 9 * gb, fits: false),
    Row(
      description: "others' use of the machine does not count against what was granted",
      configured: 10 * gb, total: 34 * gb, free: 17 * gb, seen: 8 * gb, fits: true),
    Row(
      description: "what was granted but is not there", configured: 10 * gb, total: 34 * gb,
      free: 5 * gb, seen: 4 * gb, fits: false),
    Row(description: "nothing known", stored: 4 * gb, fits: true),
    Row(
      description: "nothing known, 16 GB used", models: [16 * gb], stored: 4 * gb, fits: true),
    Row(
      description: "nothing known, more used", models: [16 * gb, 1], stored: 4 * gb, fits: false),
    Row(
      description: "free beyond total: what is loaded counts", total: 24 * gb, free: 99 * gb,
      models: [20 * gb], seen: 2 * gb, fits: false),
    Row(
      description: "an absurd total is none", total: 1 << 63, free: 1 << 62, models: [20 * gb],
      seen: gb, fits: false),
    Row(
      description: "absurd models take nothing", total: 24 * gb, free: 0, models: [.max, .max],
      seen: 4 * gb, fits: true),
    Row(
      description: "an absurd need is unknown", total: 24 * gb, free: 24 * gb, seen: 1 << 63,
      stored: .max, fits: true),
    Row(
      description: "sums saturate", total: 24 * gb, free: 0,
      models: Array(repeating: (1 << 50) - 1, count: 20_000), seen: gb, fits: false),
    Row(
      description: "larger than all", total: 24 * gb, free: 24 * gb, stored: (1 << 50) - 1,
      fits: false),
  ]

  @Test(arguments: rows) func judges(_ row: Row) {
    let estimate = MemoryEstimate(
      configured: row.configured, total: row.total, free: row.free, models: row.models)
    let need = MemoryEstimate.need(seen: row.seen, stored: row.stored)
    let refusal = estimate.refusal(of: need, MemoryEstimate.Rules())
    #expect((refusal == nil) == row.fits, "\(estimate) \(need) \(refusal ?? "")")
  }

  @Test func nothingOverflows() {
    let odd: [UInt64] = [0, 1, 1 << 49, (1 << 50) - 1, 1 << 50, 1 << 63, .max]
    let percents = [-1, 0, 20, 100, Int.max]
    for total in odd {
      for free in odd {
        for bytes in odd {
          let estimate = MemoryEstimate(
            configured: bytes, total: total, free: free, models: [bytes, free, total])
          for percent in percents {
            let rules = MemoryEstimate.Rules(
              headroomPercent: percent, bufferPercent: 0, heuristicMax: bytes)
            _ = estimate.freeing(free)
              .refusal(of: MemoryEstimate.need(seen: total, stored: free), rules)
          }
        }
      }
    }
  }

  @Test func refusalsNameFigures() {
    let estimate = MemoryEstimate(total: 24 * Self.gb, free: 6 * Self.gb, models: [])
    let need = MemoryEstimate.need(seen: 4 * Self.gb, stored: 0)
    #expect(
      estimate.refusal(of: need, MemoryEstimate.Rules())
        == "6.0 GB of 24.0 GB are free, it needs 4.0 GB, and 4.8 GB are to stay free")
  }

  // MARK: What goes

  private static func candidate(_ id: String, _ bytes: UInt64, _ value: Double)
    -> Eviction.Candidate
  {
    Eviction.Candidate(id: id, bytes: bytes, value: value)
  }

  @Test func theLeastValuableGoes() {
    let models = [
      Self.candidate("a", 4, 3), Self.candidate("b", 4, 1), Self.candidate("c", 8, 2),
    ]
    #expect(Eviction.choose(models) { $0 >= 0 } == [])
    #expect(Eviction.choose(models) { $0 >= 4 } == ["b"])
    // Without "c", "b" would not have been enough; with it, "b" may stay.
    #expect(Eviction.choose(models) { $0 >= 8 } == ["c"])
    #expect(Eviction.choose(models) { $0 >= 12 } == ["b", "c"])
    #expect(Eviction.choose(models) { $0 >= 16 } == ["b", "c", "a"])
    #expect(Eviction.choose(models) { $0 >= 17 } == nil)
  }

  @Test func valueIsReloadBySoonness() {
    func value(_ load: Double, _ idle: UInt64, _ requests: UInt64) -> Double {
      Eviction.Candidate(
        id: "", bytes: 0, load: load, idle: idle, requests: requests, known: 1_000_000
      ).value
    }
    #expect(value(10_000, 1_000, 5) > value(10_000, 9_000, 5))
    #expect(value(10_000, 1_000, 50) > value(10_000, 1_000, 5))
    #expect(value(90_000, 1_000, 5) > value(10_000, 1_000, 5))
    #expect(value(10_000, 0, 0).isFinite)
  }

  // MARK: Keeping warm

  @Test func pausesDouble() {
    var warm = WarmKeeping()
    let place = WarmKeeping.Place(backend: "b", model: "m")
    var now: UInt64 = 0
    for pause in [60, 120, 240, 480, 960, 1_920, 3_600, 3_600] as [UInt64] {
      #expect(warm.mayLoad(place, at: now))
      warm.failed(place, at: now)
      #expect(!warm.mayLoad(place, at: now + pause * 1_000 - 1))
      #expect(warm.nextWake(after: now) == now + pause * 1_000)
      now += pause * 1_000
    }
    warm.loaded(place)
    warm.failed(place, at: now)
    #expect(warm.mayLoad(place, at: now + 60_000))
    warm.forgive("other")
    #expect(!warm.mayLoad(place, at: now))
    warm.forgive("b")
    #expect(warm.mayLoad(place, at: now))
  }

  @Test func anUnloadIsHonoured() {
    var warm = WarmKeeping()
    let place = WarmKeeping.Place(backend: "b", model: "m")
    warm.hold(place)
    #expect(!warm.mayLoad(place, at: .max))
    warm.wentDown("other")
    #expect(!warm.mayLoad(place, at: .max))
    warm.wentDown("b")
    #expect(warm.mayLoad(place, at: 0))
    warm.hold(place)
    warm.loaded(place)
    #expect(warm.mayLoad(place, at: 0))
  }
}
