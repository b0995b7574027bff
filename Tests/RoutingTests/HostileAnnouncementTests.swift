import HTTP
import Net
import Testing

@testable import Config
@testable import Control
@testable import Fleet

/// What anybody in the network can say, and how little comes of it.
struct HostileAnnouncementTests {
  typealias D = DiscoveryDialogue

  @Test func nonsenseIsNotFollowed() {
    var house = D()
    for address in [
      "0.0.0.0", "224.0.0.251", "ff02::fb", "::", "255.255.255.255", "x",
      "169.254.169.254", "::ffff:169.254.169.254",
    ] {
      house.hear(.found(D.service("a\(address)", address, 1)))
    }
    house.hear(.found(D.service("zero", "10.0.0.7", 0)))
    house.hear(.found(D.service("gate", "10.0.0.7", 1, type: "_nexus._tcp")))
    house.wait(10_000)
    #expect(house.knocks.isEmpty)
    for number in 0..<2_000 {
      house.hear(.found(D.service("n\(number)", "10.0.0.7", UInt16(number + 1), host: "\(number)")))
    }
    #expect(house.state.discovery.announcements.groups.count <= Announcements.limit)
  }

  /// What another machine says of ours has no say; the daemon of this machine may speak of it.
  @Test func loopbackIsAnnouncedByThisMachineOnly() {
    var house = D()
    for host in ["127.0.0.1", "127.9.9.9", "[::1]"] { house.servers["\(host):1"] = "alpha" }
    for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
      house.hear(.found(D.service("a\(address)", address, 1)))
    }
    house.wait(10_000)
    #expect(house.knocks.isEmpty && house.fleet.isEmpty)
    house.hear(.found(D.service("mine", "127.0.0.1", 1, interface: 1)))
    #expect(house.fleet == ["mine=up http://127.0.0.1:1 restricted"])
  }

  /// Nothing of an announcement breaks out of the line of a request.
  @Test func whatIsAnnouncedStaysInItsPlace() {
    var trust = Settings.Trust()
    trust.caFile = "/ca.pem"
    var house = D(trust: [trust])
    let hosts = ["a\r\nx-evil: 1", "a b", "a/../b", "a@b", "a\\013", "", "ä.local"]
    let paths = [
      "/../admin", "a/./b", "/a\r\nx-evil: 1", "/a b", "/\u{0}", "/<script>", "/\"", "/?x", "@b",
    ]
    for (number, host) in hosts.enumerated() {
      for (other, path) in paths.enumerated() {
        let (address, port) = ("10.0.\(number).\(other)", UInt16(number * 100 + other + 1))
        house.servers["\(address):\(port)"] = "alpha"
        house.hear(
          .found(
            D.service(
              "n\(number)-\(other)", address, port, host: host, text: ["api_path": path])))
      }
    }
    house.wait(60_000)
    #expect(house.state.records.count == hosts.count * paths.count)
    for endpoint in house.state.records.map(\.backend.endpoint) {
      let text = endpoint.hostLine.dropLast(2) + endpoint.basePathBytes
      #expect(text.filter { $0 < 0x20 || $0 >= 0x7F }.isEmpty, "\(endpoint.url)")
      #expect(!endpoint.basePath.contains(".."), "\(endpoint.url)")
    }
    let names = house.knocks.filter { !$0.hasPrefix("10.0.") }
    #expect(names.isEmpty, "\(names)")
  }

  @Test func manyAnnouncementsAreLookedAtAFewAtATime() {
    var house = D()
    house.isSilent = true
    for number in 1...200 {
      house.hear(.found(D.service("n\(number)", "10.0.0.7", UInt16(number), host: "\(number)")))
    }
    house.wait(10_000)
    #expect(house.pending.count == DiscoveryState.announcedAtOnce)
    // Each end makes room for another, and all have their turn.
    house.servers["10.0.0.7:200"] = "alpha"
    for _ in 0..<1_000 where house.fleet.isEmpty { house.answerOne() }
    #expect(house.fleet.count == 1)
    #expect(house.pending.count <= DiscoveryState.announcedAtOnce)
  }

  @Test func announcementsOfOneServerAreCountedToo() {
    var house = D()
    for number in 0..<2_000 {
      house.hear(.found(D.service("n\(number)", "10.0.0.7", 1, host: "one.local")))
    }
    let groups = house.state.discovery.announcements.groups
    #expect(groups.map(\.services.count) == [Announcements.limit])
  }

  @Test func aNameWithOddLettersIsCleaned() {
    var house = D()
    house.servers = ["10.0.0.7:1": "alpha", "10.0.0.8:1": "alpha"]
    house.hear(.found(D.service("a\u{1B}[31m\u{202E} \n_b", "10.0.0.7", 1)))
    house.hear(.found(D.service("._", "10.0.0.8", 1)))
    #expect(house.state.records.map(\.backend.name) == ["a[31m b", "alpha"])
  }
}
