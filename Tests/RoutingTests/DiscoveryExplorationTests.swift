import HTTP
import Net

import Seeded
import Testing

@testable import Config
@testable import Control
@testable import Fleet

/// Every order of what can happen in a house, to a small depth, with what must hold after each step.
struct DiscoveryExplorationTests {
  typealias D = DiscoveryDialogue

  enum Step: CaseIterable {
    case serve, end, swap, announce, announceElsewhere, withdraw, loseDaemon, findDaemon, name,
      unname, answer, wait, waitLong
  }

  private struct World {
    var house: D
    private var faults: [String] = []

    private static let here = D.service("a", "192.168.1.7", 8_080)
    private static let there = D.service("a", "10.0.0.7", 8_080, interface: 3)
    private static let ends = ["127.0.0.1:8080", "192.168.1.7:8080", "10.0.0.7:8080"]

    /// `isSilent`: whether answers come only with the step `answer`.
    init(isSilent: Bool) {
      house = D(ports: [8_080], own: ["192.168.1.7"])
      house.isSilent = isSilent
    }

    mutating func take(_ step: Step) -> [String] {
      switch step {
      case .serve: for end in Self.ends { house.servers[end] = "alpha" }
      case .end: house.servers = [:]
      case .swap: for end in Self.ends { house.servers[end] = "beta" }
      case .announce: house.hear(.found(Self.here))
      case .announceElsewhere: house.hear(.found(Self.there))
      case .withdraw: for one in [Self.here, Self.there] { house.hear(.lost(one.instance)) }
      case .loseDaemon: house.hear(.unavailable("gone"))
      case .findDaemon: house.hear(.available)
      case .name:
        house.configure(
          D.settings(
            [8_080], [], [],
            [
              Settings.Backend(
                name: "mine", endpoint: .init(scheme: .http, host: "localhost", port: 8_080))
            ]))
      case .unname: house.configure(D.settings([8_080]))
      case .answer: house.answerOne()
      case .wait: house.wait(2_000)
      case .waitLong: house.wait(200_000)
      }
      check(step)
      return faults
    }

    private mutating func check(_ step: Step) {
      let records = house.state.records
      let places = records.compactMap(\.finding?.way.place)
      if Set(places).count != places.count { faults.append("one place is two backends") }
      if Set(records.map(\.backend.id)).count != records.count { faults.append("two of one name") }
      for record in records {
        guard let finding = record.finding else {
          if record.backend.source == .discovered { faults.append("found, nobody knows how") }
          let named = house.state.discovery.places(of: record.backend.endpoint)
          if places.contains(where: named.contains) { faults.append("named and found") }
          continue
        }
        if finding.way.endpoint != record.backend.endpoint { faults.append("reached otherwise") }
        if finding.leads.isEmpty, finding.removal == nil { faults.append("stays for ever") }
        let isOpen = record.backend.zone == .open
        if isOpen == record.backend.endpoint.isLoopback { faults.append("in a wrong zone") }
      }
      if let wake = house.state.nextWake, wake < house.now { faults.append("wakes in the past") }
      guard step == .waitLong, !house.isSilent else { return }
      for record in records where record.finding != nil {
        let isThere = house.servers[D.key(record.backend.endpoint)] == record.backend.kind?.type
        if isThere != (record.health.state == .up) { faults.append("\(house.fleet) is not so") }
      }
      if house.servers["127.0.0.1:8080"] != nil, records.isEmpty { faults.append("not found") }
    }
  }

  @Test(arguments: [false, true]) func everyOrderOfStepsKeepsTheRules(isSilent: Bool) {
    var visited = 0
    func explore(_ world: World, _ past: [Step]) {
      visited += 1
      guard past.count < 3 else { return }
      for step in Step.allCases {
        var next = world
        let faults = next.take(step)
        if faults.isEmpty {
          explore(next, past + [step])
        } else {
          Issue.record("after \(past + [step]): \(faults)")
        }
      }
    }
    explore(World(isSilent: isSilent), [])
    #expect(visited == 2_380)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>) func longRandomOrdersKeepTheRules(seed: UInt64) {
    var random = SeededRandom(state: seed)
    var world = World(isSilent: seed % 2 == 0)
    var past: [Step] = []
    for _ in 0..<300 {
      let step = Step.allCases.randomElement(using: &random) ?? .wait
      past.append(step)
      let faults = world.take(step)
      guard faults.isEmpty else {
        Issue.record("seed \(seed), the last of \(past.suffix(12)): \(faults)")
        return
      }
    }
  }

  /// What is known in the end does not depend on the order in which it was heard, and no name changes
  /// while its backend lives.
  @Test(arguments: 1...20 as ClosedRange<UInt64>) func theOrderOfNewsDoesNotCount(seed: UInt64) {
    var random = SeededRandom(state: seed)
    let stay = (1...6).map { number in
      D.service(
        ["attic", "cellar", "a"][number % 3], "10.0.0.\(number)", UInt16(number % 2 + 1),
        host: "h\(number).local", type: number % 2 == 0 ? "_alpha._tcp" : "_llm._tcp")
    }
    let go = (1...3).map { D.service("guest\($0)", "10.0.1.\($0)", 1) }
    func fleet() -> Set<String> {
      var house = D(ports: [8_080])
      for service in stay + go {
        house.servers["\(service.address):\(service.port)"] = "alpha"
      }
      house.servers["127.0.0.1:8080"] = "beta"
      var news = (stay + go + stay).map { ServiceEvent.found($0) }
      news.shuffle(using: &random)
      // What is withdrawn was heard before.
      for service in go {
        let heard = news.firstIndex(of: .found(service)) ?? 0
        news.insert(
          .lost(service.instance), at: Int.random(in: heard + 1...news.count, using: &random))
      }
      var names: [ObjectIdentifier: String] = [:]
      for event in news {
        house.hear(event)
        if Bool.random(using: &random) { house.wait(UInt64.random(in: 1...3_000, using: &random)) }
        let records = house.state.records
        #expect(Set(records.map(\.backend.name)).count == records.count, "seed \(seed)")
        for backend in records.map(\.backend) {
          let known = names.updateValue(backend.name, forKey: ObjectIdentifier(backend.load))
          #expect(known == nil || known == backend.name, "seed \(seed)")
        }
      }
      house.wait(200_000)
      return Set(house.state.records.map { "\($0.backend.endpoint.url) \($0.backend.zone)" })
    }
    let (first, second) = (fleet(), fleet())
    #expect(first == second, "seed \(seed)")
  }
}
