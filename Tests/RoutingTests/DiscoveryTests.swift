import HTTP
import Net
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// How servers that nobody named are found, followed and forgotten, played with a clock that the test
/// turns.
struct DiscoveryTests {
  typealias D = DiscoveryDialogue

  // MARK: Ports of this machine

  @Test func aServerOnAPortBecomesABackend() {
    var house = D(ports: [8_080, 8_081])
    house.servers["127.0.0.1:8080"] = "beta"
    house.wait(100)
    #expect(house.fleet == ["beta=up http://127.0.0.1:8080 restricted"])
    #expect(house.told == ["found", "up"])
    #expect(house.header == "x-nexus-discovery: 1\r\n")
    #expect(house.state.records[0].backend.target.headerLines.isEmpty)
    // The next round leaves out what is known, and asks IPv6 too.
    house.servers["[::1]:8081"] = "beta"
    house.wait(2_000)
    #expect(house.fleet.last == "beta-8081=up http://[::1]:8081 restricted")
    #expect(house.knocks.suffix(2) == ["127.0.0.1:8081", "[::1]:8081"])
    house.wait(10_000)
    #expect(house.fleet.count == 2)
    #expect(!house.knocks.suffix(4).contains("127.0.0.1:8080"))
  }

  @Test func aServerThatMovesToAnotherPortIsFollowed() {
    var house = D(ports: [8_080, 8_081])
    house.servers["127.0.0.1:8080"] = "alpha"
    house.wait(100)
    house.servers = ["127.0.0.1:8081": "alpha"]
    house.wait(2_000)
    #expect(house.fleet.last == "alpha-8081=up http://127.0.0.1:8081 restricted")
    house.wait(60_000)
    #expect(house.fleet.first?.hasPrefix("alpha=down") == true)
    house.wait(45_000)
    #expect(house.fleet == ["alpha-8081=up http://127.0.0.1:8081 restricted"])
    #expect(house.told.last == "forgotten")
  }

  @Test func aServerThatComesBackInItsGracePeriodStays() {
    var house = D(ports: [8_080])
    house.servers["127.0.0.1:8080"] = "alpha"
    house.wait(100)
    let load = house.state.records[0].backend.load
    house.servers = [:]
    house.wait(70_000)
    #expect(house.fleet.first?.hasPrefix("alpha=down") == true)
    house.servers["127.0.0.1:8080"] = "alpha"
    house.wait(100_000)
    #expect(house.fleet == ["alpha=up http://127.0.0.1:8080 restricted"])
    #expect(house.state.records[0].backend.load === load)
  }

  @Test func anotherKindOfServerInTheSamePlaceIsNoticedWithItsFirstOddAnswer() {
    var house = D(ports: [8_080])
    house.servers["127.0.0.1:8080"] = "alpha"
    house.wait(100)
    house.servers["127.0.0.1:8080"] = "beta"
    house.wait(31_000)
    #expect(house.told == ["found", "up", "identified", "modelsChanged"])
    #expect(house.state.records[0].backend.kind?.type == "beta")
    #expect(house.state.records[0].health.state == .up)
  }

  /// A program that is no model server is asked ever more rarely; once it is gone, its port is looked
  /// at as before.
  @Test func strangersAreLeftInPeace() {
    var house = D(ports: [8_080])
    house.servers["127.0.0.1:8080"] = ""
    house.wait(300_000)
    #expect((8...16).contains(house.knocks.count { $0 == "127.0.0.1:8080" }))
    #expect(house.told.isEmpty)
    house.servers = [:]
    house.wait(32_000)
    house.servers["127.0.0.1:8080"] = "alpha"
    house.wait(2_000)
    #expect(house.fleet.count == 1)
  }

  @Test func theGatewayIsNeverFound() {
    var house = D(ports: [8_000], scan: ["192.168.1.7", "192.168.1.8"], own: ["192.168.1.7"])
    for host in ["127.0.0.1", "192.168.1.7", "192.168.1.8"] {
      house.servers["\(host):8000"] = "alpha"
    }
    house.hear(.found(D.service("me", "192.168.1.7", 8_000)))
    house.hear(.found(D.service("also-me", "192.168.1.8", 9, isOwn: true)))
    house.wait(1_000)
    #expect(house.fleet == ["alpha-192.168.1.8=up http://192.168.1.8:8000 open"])
  }

  // MARK: Named backends

  @Test func whatSomebodyNamedIsNotFoundAgain() {
    for url in ["http://localhost:8080", "http://attic.lan:8080", "http://192.168.1.7:8080"] {
      let named = Settings.Backend(
        name: "mine", endpoint: (try? Endpoint.parse(url)) ?? house404, type: "alpha")
      var house = D(ports: [8_080], scan: ["192.168.1.7"], own: ["192.168.1.7"], backends: [named])
      house.names["attic.lan"] = ["127.0.1.1"]
      house.servers = ["127.0.0.1:8080": "alpha", "[::1]:8080": "alpha"]
      for host in ["192.168.1.7", "attic.lan", "localhost"] {
        house.servers["\(host):8080"] = "alpha"
      }
      house.hear(.found(D.service("a", "192.168.1.7", 8_080)))
      house.wait(5_000)
      #expect(house.state.records.map(\.backend.name) == ["mine"], "\(url)")
    }
  }

  private var house404: Endpoint { Endpoint(scheme: .http, host: "nowhere", port: 1) }

  @Test func whatWasFoundGivesWayToWhatIsNamed() {
    var house = D(ports: [8_080])
    house.servers["127.0.0.1:8080"] = "alpha"
    house.servers["localhost:8080"] = "alpha"
    house.wait(100)
    let named = Settings.Backend(
      name: "mine", endpoint: Endpoint(scheme: .http, host: "localhost", port: 8_080))
    house.configure(D.settings([8_080], [], [], [named]))
    house.wait(5_000)
    #expect(house.fleet == ["mine=up http://localhost:8080 restricted"])
    house.configure(D.settings([8_080]))
    house.wait(5_000)
    #expect(house.fleet == ["alpha=up http://127.0.0.1:8080 restricted"])
    // Named by its very address it goes on with all that is known of it, until nobody names it.
    let load = house.state.records[0].backend.load
    let exact = Settings.Backend(
      name: "exact", endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 8_080))
    house.configure(D.settings([8_080], [], [], [exact]))
    #expect(house.fleet == ["exact=up http://127.0.0.1:8080 restricted"])
    #expect(house.state.records[0].backend.load === load)
  }

  /// A name that nobody can resolve holds the looks up for a while, not for ever.
  @Test func aSlowResolverDoesNotStopTheLooks() {
    let named = Settings.Backend(
      name: "far", endpoint: Endpoint(scheme: .http, host: "far.lan", port: 1))
    var house = D(ports: [8_080], backends: [named])
    house.servers["127.0.0.1:8080"] = "alpha"
    house.isSilent = true
    house.wait(4_900)
    #expect(house.pending.count { if case .knock = $0 { true } else { false } } == 0)
    house.wait(200)
    #expect(house.pending.contains { if case .knock = $0 { true } else { false } })
  }

  @Test func nothingIsLookedForWhenThatIsSwitchedOff() {
    var house = D(ports: [8_080])
    house.servers["127.0.0.1:8080"] = "alpha"
    house.wait(100)
    var settings = D.settings([8_080])
    settings.discovery.enabled = false
    house.configure(settings)
    #expect(house.fleet.isEmpty)
    house.hear(.found(D.service("a", "10.0.0.7", 1)))
    house.wait(100_000)
    #expect(house.fleet.isEmpty)
    #expect(house.state.nextWake == nil)
  }

  // MARK: Scans

  @Test func listedAddressesAreLookedAtSlowly() {
    var house = D(ports: [1, 2], scan: ["10.1.0.0/24"])
    house.servers["10.1.0.77:2"] = "alpha"
    house.wait(1_000)
    #expect((90...110).contains(house.knocks.count { $0.hasPrefix("10.") }))
    house.wait(9_000)
    #expect(house.fleet == ["alpha-10.1.0.77=up http://10.1.0.77:2 open"])
    #expect(house.knocks.count { $0.hasPrefix("10.") } == 512)
    // The next round is ten health intervals after the first, without what is known.
    house.wait(291_000)
    house.wait(10_000)
    #expect(house.knocks.count { $0.hasPrefix("10.") } == 512 + 511)
  }

  @Test func atMostSoManyAddressesAreLookedAtAtOnce() {
    var house = D(ports: [1], scan: ["10.1.0.0/24"])
    house.isSilent = true
    house.wait(10_000)
    #expect(house.state.discovery.busy == AddressScan.atOnce)
    house.answerOne()
    #expect(house.state.discovery.busy == AddressScan.atOnce)
    #expect(house.knocks.count == 1)
  }

  /// A look that a reload breaks off is begun again with it, and not with the next round.
  @Test func aReloadInTheMiddleOfALookLosesNothing() {
    var house = D(ports: [1], scan: ["10.1.0.7"])
    house.servers["10.1.0.7:1"] = "alpha"
    house.isSilent = true
    house.wait(100)
    house.isSilent = false
    house.configure(D.settings([1], ["10.1.0.7"]))
    house.wait(1_000)
    #expect(house.fleet == ["alpha-10.1.0.7=up http://10.1.0.7:1 open"])
  }

  // MARK: Announcements

  @Test func anAnnouncedServerIsFoundUnderItsName() {
    var house = D()
    house.servers["10.0.0.7:1"] = "alpha"
    house.hear(.found(D.service("My_Attic.box", "10.0.0.7", 1)))
    #expect(house.fleet == ["My Attic=up http://10.0.0.7:1 open"])
    house.servers["10.0.0.8:1"] = "alpha"
    house.hear(.found(D.service("My_Attic", "10.0.0.8", 1)))
    #expect(house.fleet.last == "My Attic-2=up http://10.0.0.8:1 open")
  }

  @Test func theTypeIsFoundOutAndTheAnnouncedOneIsAHint() {
    var house = D()
    house.servers = ["10.0.0.7:1": "both", "10.0.0.8:1": "both", "10.0.0.9:1": "beta"]
    house.hear(.found(D.service("a", "10.0.0.7", 1, text: ["type": "Beta"])))
    house.hear(.found(D.service("b", "10.0.0.8", 1, type: "_llm._tcp", text: ["type": "openai"])))
    house.hear(.found(D.service("c", "10.0.0.9", 1, text: ["type": "alpha"])))
    #expect(house.state.records.map { $0.backend.kind?.type } == ["beta", "alpha", "beta"])
  }

  @Test func pathAndTLSComeFromTheRecord() {
    var house = D()
    house.servers["s10.0.0.7:1"] = "alpha"
    house.hear(.found(D.service("a", "10.0.0.7", 1, text: ["api_path": "/llm/v1", "tls": "1"])))
    #expect(house.fleet == ["a=up https://10.0.0.7:1/llm open"])
    house.servers["10.0.0.8:1"] = "alpha"
    house.hear(.found(D.service("b", "10.0.0.8", 1, text: ["api_path": "a b?#"])))
    #expect(house.fleet.last == "b=up http://10.0.0.8:1 open")
  }

  /// Two interfaces, IPv4 and IPv6, two kinds of service: one server.
  @Test func announcementsOfOneServerAreOneBackend() {
    var house = D()
    let ways = [
      D.service("a", "fe80::7%2", 1), D.service("a", "fd00::7", 1),
      D.service("a", "10.0.0.7", 1, interface: 3),
      D.service("other name", "10.0.0.7", 1, host: "a.local", type: "_llm._tcp"),
    ]
    for host in ["[fe80::7%2]", "[fd00::7]", "10.0.0.7"] { house.servers["\(host):1"] = "alpha" }
    house.hear(.found(ways[0]))
    #expect(house.fleet == ["a=up http://[fe80::7%2]:1 open"])
    let load = house.state.records[0].backend.load
    for way in ways[1...] { house.hear(.found(way)) }
    #expect(house.fleet == ["a=up http://10.0.0.7:1 open"])
    #expect(house.told == ["found", "up", "moved", "moved"])
    // One of its addresses goes; another takes over.
    house.servers["10.0.0.7:1"] = nil
    house.hear(.lost(ways[2].instance))
    house.hear(.lost(ways[3].instance))
    house.wait(1_000)
    #expect(house.fleet == ["a=up http://[fd00::7]:1 open"])
    #expect(house.state.records[0].backend.load === load)
    #expect(!house.told.contains("withdrawn"))
  }

  @Test func anAddressThatIsDeadGivesWayToOneThatAnswers() {
    var house = D()
    house.servers = ["10.0.0.7:1": "alpha"]
    house.hear(.found(D.service("a", "10.0.0.7", 1)))
    house.servers = ["[fd00::7]:1": "alpha"]
    house.hear(.found(D.service("a", "fd00::7", 1)))
    house.wait(40_000)
    #expect(house.fleet == ["a=up http://[fd00::7]:1 open"])
  }

  @Test func anAnnouncementThatMovesTakesItsBackendAlong() {
    var house = D()
    house.servers["10.0.0.7:1"] = "alpha"
    house.hear(.found(D.service("a", "10.0.0.7", 1)))
    house.servers = ["10.0.0.7:2": "alpha"]
    house.hear(.found(D.service("a", "10.0.0.7", 2)))
    #expect(house.fleet == ["a=up http://10.0.0.7:2 open"])
  }

  @Test func aServerThatSaysGoodbyeAndIsGoneGetsNothingAtOnce() {
    var house = D()
    let service = D.service("a", "10.0.0.7", 1)
    house.servers["10.0.0.7:1"] = "alpha"
    house.hear(.found(service))
    house.servers = [:]
    house.hear(.lost(service.instance))
    #expect(house.fleet == ["a=down http://10.0.0.7:1 open"])
    house.wait(59_000)
    #expect(house.fleet.count == 1)
    house.wait(2_000)
    #expect(house.fleet.isEmpty)
    #expect(house.told == ["found", "up", "withdrawn", "down", "forgotten"])
  }

  @Test func aServerThatOnlyStopsAnnouncingServesUntilItsGraceEnds() {
    var house = D()
    let service = D.service("a", "10.0.0.7", 1)
    house.servers["10.0.0.7:1"] = "alpha"
    house.hear(.found(service))
    house.hear(.lost(service.instance))
    house.wait(59_000)
    #expect(house.fleet == ["a=up http://10.0.0.7:1 open"])
    // Announced again it stays.
    house.hear(.found(service))
    house.wait(200_000)
    #expect(house.fleet == ["a=up http://10.0.0.7:1 open"])
    #expect(house.state.records[0].health.failuresToFall == 3)
    house.hear(.lost(service.instance))
    house.wait(61_000)
    #expect(house.fleet.isEmpty)
  }

  @Test func aDaemonThatGoesAwayWithdrawsNothing() {
    var house = D()
    let (a, b) = (D.service("a", "10.0.0.7", 1), D.service("b", "10.0.0.8", 1))
    house.servers = ["10.0.0.7:1": "alpha", "10.0.0.8:1": "alpha"]
    house.hear(.available)
    for service in [a, b] { house.hear(.found(service)) }
    house.hear(.unavailable("gone"))
    house.hear(.unavailable("still gone"))
    house.wait(600_000)
    #expect(house.fleet.count == 2)
    // Back again, it hears one of the two: the other has gone meanwhile.
    house.hear(.available)
    house.hear(.found(a))
    house.wait(100_000)
    #expect(house.fleet == ["a=up http://10.0.0.7:1 open"])
    #expect(house.told.filter { $0.hasPrefix("network") } == ["networkSilent", "networkHeard"])
  }

  @Test func aServerOfThisMachineIsOneHoweverItIsHeardOf() {
    var house = D(ports: [8_080], own: ["192.168.1.7", "fe80::7"])
    let service = D.service("me", "192.168.1.7", 8_080)
    house.servers["192.168.1.7:8080"] = "alpha"
    house.hear(.found(service))
    house.hear(.found(D.service("me", "fe80::7%3", 8_080)))
    #expect(house.fleet == ["me=up http://192.168.1.7:8080 open"])
    for host in ["127.0.0.1", "[::1]"] { house.servers["\(host):8080"] = "alpha" }
    house.wait(3_000)
    // On loopback it may see everything.
    #expect(house.fleet == ["me=up http://127.0.0.1:8080 restricted"])
    house.hear(.lost(service.instance))
    house.hear(.lost(D.service("me", "fe80::7%3", 8_080).instance))
    house.wait(100_000)
    #expect(house.fleet == ["me=up http://127.0.0.1:8080 restricted"])
  }

  // MARK: Trust

  private func trust(_ adjust: (inout Settings.Trust) -> Void) -> Settings.Trust {
    var trust = Settings.Trust()
    adjust(&trust)
    return trust
  }

  @Test func allThatATableSaysMustHoldAndTheFirstThatFitsDecides() {
    let tables = [
      trust { ($0.name, $0.address, $0.zone, $0.tier) = ("a*", "10.0.0.0/24", .internal, 3) },
      trust { ($0.address, $0.priority) = ("10.0.0.9", 7) },
    ]
    var house = D(trust: tables)
    for (name, address) in [("a1", "10.0.0.7"), ("a2", "10.0.1.7"), ("b", "10.0.0.9")] {
      house.servers["\(address):1"] = "alpha"
      house.hear(.found(D.service(name, address, 1)))
    }
    let seen = house.state.records.map(\.backend)
    #expect(seen.map(\.zone) == [.internal, .open, .restricted])
    #expect(seen.map(\.tier) == [3, 1, 1])
    #expect(seen.map(\.priority) == [50, 50, 7])
    // Taken back, trust is gone at once.
    house.configure(D.settings([], [], [tables[1]]))
    #expect(house.state.records.map(\.backend.zone) == [.open, .open, .restricted])
  }

  @Test func aCertificateIsWorthTrustOnlyIfTheConnectionStands() {
    let table = trust { $0.caFile = "/ca.pem" }
    var house = D(trust: [table])
    house.servers = ["s10.0.0.7:1": "alpha", "10.0.0.8:1": "alpha", "sc.local:1": "alpha"]
    house.hear(.found(D.service("a", "10.0.0.7", 1)))
    house.hear(.found(D.service("b", "10.0.0.8", 1)))
    house.hear(.found(D.service("c", "10.0.0.9", 1)))
    #expect(
      house.fleet == [
        "a=up https://10.0.0.7:1 restricted", "b=up http://10.0.0.8:1 open",
        "c=up https://c.local:1 restricted",
      ])
    #expect(house.state.records[0].backend.endpoint.caFile == "/ca.pem")
    // Without the table nobody vouches for them.
    house.configure(D.settings())
    house.wait(1_000)
    #expect(house.fleet == ["b=up http://10.0.0.8:1 open"])
  }
}
