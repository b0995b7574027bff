import Seeded
import Testing
import Text

@testable import Routing

/// What is remembered of conversations.
@Suite struct PrefixTableTests {
  private static let hasher = ByteHash(seed: 11)
  private static let model = PromptCache.key(ofModel: "llama3")
  private static let second: UInt64 = 1_000

  private static func cache(_ backend: UInt64, _ model: UInt64 = model) -> PromptCache {
    PromptCache(backend: backend, model: model)
  }

  private static func talk(_ parts: String..., identity: Conversation.Identity? = nil)
    -> Conversation
  {
    Conversation(chain: PrefixChainTests.chain(parts, hasher), identity: identity)
  }

  private typealias Place = WarmPlaces.Place

  @Test func nextTurnIsFoundWhereTheLastOneWas() {
    var table = PrefixTable()
    table.record(Self.talk("sys", "hello"), in: Self.cache(1), keeps: 8, now: 0)
    let next = Self.talk("sys", "hello", "hi!", "and now?")
    #expect(table.places(for: next, of: Self.model, now: 0).places == [.init(backend: 1, bytes: 8)])
    #expect(table.places(for: Self.talk("other"), of: Self.model, now: 0).isEmpty)
  }

  @Test func longestBeginningComesFirst() {
    var table = PrefixTable()
    table.record(Self.talk("sys", "a", "b"), in: Self.cache(2), keeps: 8, now: 0)
    table.record(Self.talk("sys", "a"), in: Self.cache(1), keeps: 8, now: 0)
    table.record(Self.talk("sys", "z", "b"), in: Self.cache(3), keeps: 8, now: 0)
    let found = table.places(for: Self.talk("sys", "a", "b", "c"), of: Self.model, now: 0)
    #expect(
      found.places == [
        .init(backend: 2, bytes: 5), .init(backend: 1, bytes: 4), .init(backend: 3, bytes: 3),
      ])
  }

  @Test func fourPlacesAtMostAndTheNewestOfOneBeginning() {
    var table = PrefixTable()
    for backend in 1...6 as ClosedRange<UInt64> {
      table.record(Self.talk("sys"), in: Self.cache(backend), keeps: 8, now: 0)
    }
    let found = table.places(for: Self.talk("sys", "x"), of: Self.model, now: 0)
    #expect(Set(found.places.map(\.backend)) == [3, 4, 5, 6])
    #expect(table.count == 4)
  }

  @Test func modelsAreKeptApart() {
    var table = PrefixTable()
    let other = PromptCache.key(ofModel: "qwen")
    table.record(Self.talk("sys"), in: Self.cache(1), keeps: 8, now: 0)
    table.record(Self.talk("sys"), in: Self.cache(2, other), keeps: 8, now: 0)
    #expect(table.places(for: Self.talk("sys"), of: Self.model, now: 0).bytes(at: 1) == 3)
    #expect(table.places(for: Self.talk("sys"), of: Self.model, now: 0).bytes(at: 2) == 0)
    #expect(table.places(for: Self.talk("sys"), of: other, now: 0).bytes(at: 2) == 3)
  }

  @Test func othersPushAPromptOut() {
    var table = PrefixTable()
    let mine = Self.talk(String(repeating: "m", count: 800))
    table.record(mine, in: Self.cache(1), keeps: 8, now: 0)
    func warm() -> UInt64 { table.places(for: mine, of: Self.model, now: 0).bytes(at: 1) }
    for number in 1...8 {
      table.record(Self.talk("other \(number)"), in: Self.cache(1), keeps: 8, now: 0)
      #expect(warm() == 800)
    }
    for number in 9...16 {
      table.record(Self.talk("other \(number)"), in: Self.cache(1), keeps: 8, now: 0)
    }
    #expect(warm() == 400)
    for number in 17...64 {
      table.record(Self.talk("other \(number)"), in: Self.cache(1), keeps: 8, now: 0)
    }
    #expect(warm() == 100)
    table.record(Self.talk("one more"), in: Self.cache(1), keeps: 8, now: 0)
    #expect(warm() == 0)
    // Whoever comes back is there again, and requests elsewhere do not count.
    table.record(mine, in: Self.cache(1), keeps: 8, now: 0)
    for number in 0..<100 {
      table.record(Self.talk("far \(number)"), in: Self.cache(2), keeps: 8, now: 0)
    }
    #expect(warm() == 800)
  }

  @Test func silenceMakesAPlaceLessBelievable() {
    var table = PrefixTable()
    let mine = Self.talk(String(repeating: "m", count: 800))
    table.record(mine, in: Self.cache(1), keeps: 8, now: 1_000 * Self.second)
    func warm(after seconds: UInt64) -> UInt64 {
      table.places(for: mine, of: Self.model, now: (1_000 + seconds) * Self.second).bytes(at: 1)
    }
    #expect(warm(after: 300) == 800)
    #expect(warm(after: 301) == 400)
    #expect(warm(after: 3_601) == 200)
    // A clock that is a little behind.
    #expect(table.places(for: mine, of: Self.model, now: 999 * Self.second).bytes(at: 1) == 800)
  }

  @Test func whatABackendLostIsForgotten() {
    var table = PrefixTable()
    let other = PromptCache.key(ofModel: "qwen")
    let mine = Self.talk("sys")
    for cache in [Self.cache(1), Self.cache(2), Self.cache(1, other)] {
      table.record(mine, in: cache, keeps: 8, now: 0)
    }
    table.forget(backend: 1, model: Self.model)
    #expect(table.places(for: mine, of: Self.model, now: 0).places.map(\.backend) == [2])
    #expect(table.places(for: mine, of: other, now: 0).places.map(\.backend) == [1])
    table.forget(backend: 1)
    #expect(table.places(for: mine, of: other, now: 0).isEmpty)
    table.record(mine, in: Self.cache(1), keeps: 8, now: 0)
    #expect(table.places(for: mine, of: Self.model, now: 0).bytes(at: 1) == 3)
  }

  // MARK: What clients say

  @Test func aNameThatTheClientGivesComesBeforeThePrompt() {
    var table = PrefixTable()
    let one = Conversation.Identity.named(1)
    let two = Conversation.Identity.named(2)
    table.record(Self.talk("sys", "a", identity: one), in: Self.cache(1), keeps: 8, now: 0)
    table.record(Self.talk("sys", "a", identity: two), in: Self.cache(2), keeps: 8, now: 0)
    let next = Self.talk("sys", "a", "b", identity: two)
    #expect(
      table.places(for: next, of: Self.model, now: 0).places == [
        .init(backend: 2, bytes: 4), .init(backend: 1, bytes: 2),
      ])
    // Whatever the prompt is, but never more than there is of it.
    #expect(
      table.places(for: Self.talk("x", identity: one), of: Self.model, now: 0).places == [
        .init(backend: 1, bytes: 1)
      ])
    // A name that nobody has heard of says nothing.
    let new = Self.talk("sys", "a", identity: .named(3))
    #expect(table.places(for: new, of: Self.model, now: 0).bytes(at: 1) == 4)
  }

  @Test func whomItIsForCountsHalfAndOnlyWhereNothingElseIsKnown() {
    var table = PrefixTable()
    let user = Conversation.Identity.person(5)
    table.record(Self.talk("system", identity: user), in: Self.cache(1), keeps: 8, now: 0)
    let new = Self.talk("different", identity: user)
    #expect(table.places(for: new, of: Self.model, now: 0).places == [.init(backend: 1, bytes: 3)])
    table.record(Self.talk("different"), in: Self.cache(2), keeps: 8, now: 0)
    #expect(table.places(for: new, of: Self.model, now: 0).places == [.init(backend: 2, bytes: 9)])
  }

  // MARK: Bounds

  @Test func memoryIsBoundedAndSmallWhenEmpty() {
    var table = PrefixTable()
    #expect(table.memory == 0)
    table.record(Self.talk("a"), in: Self.cache(1), keeps: 8, now: 0)
    #expect(table.memory < 4_096)
    for number in 0..<40_000 {
      let talk = Self.talk("a", "\(number)", "\(number) b", "\(number) c")
      table.record(talk, in: Self.cache(UInt64(number % 3)), keeps: 8, now: 0)
    }
    #expect(table.capacity == 65_536)
    #expect(table.count <= 65_536 && table.count > 60_000)
    #expect(table.memory < 2 << 20)
  }

  @Test func theOldestGiveWay() {
    var table = PrefixTable(limit: 1_024)
    let kept = Self.talk("kept")
    table.record(kept, in: Self.cache(1), keeps: 1 << 20, now: 0)
    for number in 0..<20_000 {
      table.record(Self.talk("\(number)"), in: Self.cache(1), keeps: 1 << 20, now: 0)
      if number % 64 == 0 { table.record(kept, in: Self.cache(1), keeps: 1 << 20, now: 0) }
    }
    #expect(table.count <= 1_024)
    #expect(!table.places(for: kept, of: Self.model, now: 0).isEmpty)
    func isKnown(_ number: Int) -> Bool {
      !table.places(for: Self.talk("\(number)"), of: Self.model, now: 0).isEmpty
    }
    #expect((19_700..<20_000).allSatisfy(isKnown))
    #expect(!(0..<15_000).contains(where: isKnown))
  }

  @Test func cachesBeyondTheLimitTakeTheNumbersOfOthers() {
    var table = PrefixTable()
    let talk = Self.talk("sys")
    for backend in 0..<5_000 as Range<UInt64> {
      table.record(talk, in: Self.cache(backend), keeps: 8, now: 0)
    }
    let found = table.places(for: talk, of: Self.model, now: 0).places
    #expect(Set(found.map(\.backend)) == [4_996, 4_997, 4_998, 4_999])
  }

  /// Random conversations, recorded and looked for, against a list that is searched in full.
  @Test(arguments: 0..<20)
  func agreesWithAPlainList(seed: UInt64) {
    struct Memory {
      var parts: [String]
      var cache: PromptCache
      var mark: Int
      var time: UInt64
    }
    var generator = SeededRandom(state: seed)
    var table = PrefixTable()
    var list: [Memory] = []
    var counts: [PromptCache: Int] = [:]
    var floors: [PromptCache: Int] = [:]
    var now: UInt64 = 0
    let keeps = 4
    for step in 0..<400 {
      let parts = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
        String(repeating: "ab".randomElement(using: &generator) ?? "a", count: 160)
      }
      let model = Bool.random(using: &generator) ? Self.model : 77
      now += UInt64.random(in: 0...20, using: &generator) * Self.second
      let cache = Self.cache(UInt64.random(in: 1...3, using: &generator), model)
      let talk = Conversation(chain: PrefixChainTests.chain(parts, Self.hasher))
      switch Int.random(in: 0..<20, using: &generator) {
      case 0:
        table.forget(backend: cache.backend, model: model)
        floors[cache] = counts[cache]
      case 1..<12:
        table.record(talk, in: cache, keeps: keeps, now: now)
        counts[cache, default: 0] += 1
        list.append(Memory(parts: parts, cache: cache, mark: counts[cache] ?? 0, time: now))
      default:
        var best: [UInt64: UInt64] = [:]
        for backend in 1...3 as ClosedRange<UInt64> {
          let cache = Self.cache(backend, model)
          for length in 1...parts.count {
            // The last time that this beginning was there.
            guard
              let last = list.last(where: {
                $0.cache == cache && $0.parts.starts(with: parts[..<length])
              }), last.mark > floors[cache] ?? 0
            else { continue }
            let others = (counts[cache] ?? 0) - last.mark
            var share = min(1, Double(keeps) / Double(max(others, 1)))
            let age = (now - last.time) / Self.second
            share *= age > 3_600 ? 0.25 : age > 300 ? 0.5 : 1
            if share < 0.125 { continue }
            best[backend] = max(best[backend] ?? 0, UInt64(Double(length * 160) * share))
          }
        }
        let found = table.places(for: talk, of: model, now: now).places
        #expect(
          Dictionary(uniqueKeysWithValues: found.map { ($0.backend, $0.bytes) }) == best,
          "seed \(seed), step \(step)")
        #expect(found.map(\.bytes) == found.map(\.bytes).sorted(by: >))
      }
    }
  }
}

/// What becomes of a table's finds.
@Suite struct WarmPlacesTests {
  @Test func fourLongestAreKept() {
    var places = WarmPlaces()
    for (backend, bytes) in [(1, 10), (2, 30), (1, 20), (3, 5), (4, 7), (5, 6), (6, 40), (2, 1)]
      as [(UInt64, UInt64)]
    {
      places.add(.init(backend: backend, bytes: bytes))
    }
    #expect(places.places.map(\.backend) == [6, 2, 1, 4])
    #expect(places.bytes(at: 1) == 20 && places.bytes(at: 3) == 0)
    places.add(.init(backend: 9, bytes: 0))
    #expect(places.bytes(at: 9) == 0)
  }

  @Test func bytesAreThoseOfTheText() {
    var places = WarmPlaces()
    places.add(.init(backend: 1, bytes: 500))
    places.add(.init(backend: 2, bytes: 2_000))
    let text = places.scaled(from: 2_000, to: PromptSize(bytes: 1_000))
    #expect(text.bytes(at: 1) == 250 && text.bytes(at: 2) == 1_000)
    let image = places.scaled(from: 2_000, to: PromptSize(bytes: 800, images: 1))
    #expect(image.bytes(at: 1) == 500 && image.bytes(at: 2) == 800)
    #expect(places.scaled(from: 2_000, to: PromptSize()) == places)
  }
}
