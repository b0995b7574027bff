import Config
import Glibc
import Synchronization
import Testing

@testable import Drivers
@testable import Fleet
@testable import Gateway
@testable import Routing

/// What is remembered of requests, and for how long.
@Suite struct DecisionRingTests {
  private typealias F = FleetFixture

  private func decision(_ id: String, _ fleet: FleetSnapshot = FleetSnapshot()) -> Decision {
    let view = GatewayView(fleet: fleet, rules: GatewayRules(Settings()))
    let facts = RequestFacts(model: "m", operation: .chat)
    return Decision(
      id: Array(id.utf8), started: 0, facts, .init(view: view, loads: .full, draw: 0))
  }

  private func find(_ id: String, in ring: DecisionRing) -> Decision? { ring.find(Array(id.utf8)) }

  @Test func theThousandLastAreRemembered() {
    let ring = DecisionRing()
    #expect(find("0", in: ring) == nil)
    for number in 0..<1_000 { #expect(ring.add(decision("\(number)")) == number) }
    for number in 0..<1_000 { #expect(find("\(number)", in: ring) != nil) }
    _ = ring.add(decision("1000"))
    #expect(find("0", in: ring) == nil)
    #expect(find("1", in: ring) != nil)
    #expect(find("1000", in: ring) != nil)
  }

  @Test func ofTwoWithOneIdTheNewerIsMeant() {
    let ring = DecisionRing()
    let (old, new) = (decision("x"), decision("x"))
    _ = ring.add(old)
    _ = ring.add(decision("y"))
    _ = ring.add(new)
    #expect(find("x", in: ring) === new)
  }

  /// A request that took longer than a thousand others is among the last when it ends.
  @Test func whoeverEndsLateIsRememberedAgain() {
    let ring = DecisionRing()
    let slow = decision("slow")
    let number = ring.add(slow)
    for other in 0..<999 { _ = ring.add(decision("\(other)")) }
    ring.keep(slow, addedAs: number)
    #expect(find("0", in: ring) != nil, "it was still there, and took nobody's place")
    _ = ring.add(decision("999"))
    #expect(find("slow", in: ring) == nil)
    ring.keep(slow, addedAs: number)
    #expect(find("slow", in: ring) === slow)
    #expect(find("0", in: ring) == nil)
  }

  @Test func manyThreadsWriteAndRead() {
    let ring = DecisionRing()
    let found = Atomic<Int>(0)
    let threads = (0..<4).map { number in
      TestThread {
        for round in 0..<800 {
          let one = self.decision("\(number)-\(round)")
          let place = ring.add(one)
          // Others may be a thousand ahead by then.
          if ring.find(one.id) === one || ring.add(self.decision("")) - place > DecisionRing.size {
            found.add(1, ordering: .relaxed)
          }
          one.forgetFleet()
          ring.keep(one, addedAs: place)
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(found.load(ordering: .relaxed) == 3_200)
    let last = (0..<4).flatMap { number in
      (0..<800).filter { find("\(number)-\($0)", in: ring) != nil }
    }
    #expect(last.count <= 1_000 && last.count > 990)
  }

  /// Fleets of the past take only so much memory, however often the fleet changes.
  @Test func fleetsOfThePastAreBounded() {
    let models = (0..<400).map { F.model("model-\($0)") }
    let members = (0..<20).map { F.member("b\($0)", models: models) }
    var fleet = FleetSnapshot(version: 1, members: members)
    let ring = DecisionRing()
    var older: [(Decision, FleetSnapshot)] = []
    let most = DecisionRing.fleetLimit / fleet.indexSize
    #expect(most > 2)
    for version in 2..<UInt64(most + 12) {
      let one = decision("\(version)", fleet)
      _ = ring.add(one)
      // A change that renames nothing costs nothing.
      let same = FleetSnapshot(updating: fleet, members: members)
      #expect(same.edition == fleet.edition)
      ring.fleetChanged(to: same)
      older.append((one, fleet))
      fleet = FleetSnapshot(version: version * 10, members: members)
      ring.fleetChanged(to: fleet)
    }
    let kept = older.map { $0.0.state.basis.view != nil }
    #expect(kept.filter { $0 }.count == most)
    #expect(kept.last == true && kept.first == false)
  }
}

/// A thread that runs a closure.
private final class TestThread: Sendable {
  private let handle: pthread_t
  private final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  init(_ run: @escaping @Sendable () -> Void) {
    var handle = pthread_t()
    let work = Unmanaged.passRetained(Work(run)).toOpaque()
    pthread_create(
      &handle, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, work)
    self.handle = handle
  }

  func join() { pthread_join(handle, nil) }
}
