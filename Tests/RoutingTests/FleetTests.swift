import Foundation
import HTTP
import Testing
import Text

@testable import Config
@testable import Drivers
@testable import Fleet

struct BackendTests {
  @Test(arguments: [
    ("ollama", "ollama"), ("My GPU (left)", "my-gpu-left-"), ("127.0.0.1:8080", "127.0.0.1-8080"),
    ("Käthe", "k-the"),
  ]) func idsComeFromNames(name: String, id: String) {
    #expect(Backend.identifier(for: name) == id)
  }

  /// What was configured holds; else the type decides, then how it was found and where it is.
  @Test(
    arguments: [
      ("http://127.0.0.1:1", "vllm", nil, .configured, .restricted),
      ("http://192.168.1.7:1", "vllm", nil, .configured, .restricted),
      ("http://192.168.1.7:1", "vllm", nil, .manual, .restricted),
      ("http://192.168.1.7:1", "vllm", nil, .discovered, .open),
      ("http://127.0.0.1:1", "vllm", nil, .discovered, .restricted),
      ("http://vllm.example.com:1", "vllm", nil, .configured, .open),
      ("http://vllm.example.com:1", "vllm", .restricted, .configured, .restricted),
      ("http://127.0.0.1:1", "openai", nil, .configured, .open),
      ("http://127.0.0.1:1", "openai", .internal, .configured, .internal),
      ("http://127.0.0.1:1", nil, nil, .configured, .restricted),
    ] as [(String, String?, Settings.Zone?, BackendSource, Settings.Zone)])
  func zones(
    url: String, type: String?, configured: Settings.Zone?, source: BackendSource,
    zone: Settings.Zone
  ) throws {
    var settings = Settings.Backend(name: "a", endpoint: try Endpoint.parse(url))
    settings.zone = configured
    let kind = try type.map {
      BackendKind(type: $0, driver: try #require(FleetFixture.driver(FleetFixture.everything)))
    }
    let backend = Backend(settings, kind: kind, source: source)
    #expect(backend.zone == zone)
    #expect(backend.isOpenByAddress == (url.contains("example.com") && configured == nil))
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("localhost", true), ("[::1]", true), ("10.1.2.3", true),
    ("172.16.0.1", true), ("172.31.255.255", true), ("172.32.0.1", false),
    ("192.168.0.1", true), ("192.169.0.1", false), ("169.254.1.1", true), ("100.64.0.1", true),
    ("100.128.0.1", false), ("8.8.8.8", false), ("134744072", false), ("167772161", true),
    ("[fd00::1]", true), ("[fe80::1]", true), ("[2001:db8::1]", false),
    ("[::ffff:10.0.0.1]", true), ("[::ffff:8.8.8.8]", false), ("[::]", false),
    ("gpu-box", true), ("gpu.local", true), ("gpu.home.arpa", true), ("gpu.lan.", true),
    ("local.example.com", false), ("10.0.0.1.example.com", false), ("notlocal", true),
  ]) func privateAddressesAreKnown(host: String, isPrivate: Bool) throws {
    #expect(try Endpoint.parse("http://\(host):1").isPrivate == isPrivate)
  }

  @Test func requestsAreCountedUntilTheyGoOutOfScope() {
    let load = BackendLoad()
    do {
      let first = load.enter()
      #expect(load.inFlight == 1)
      let second = load.enter()
      #expect(load.inFlight == 2)
      _ = consume second
      #expect(load.inFlight == 1)
      _ = consume first
    }
    #expect(load.inFlight == 0)
    #expect(load.total == 2)
  }

  @Test func requestsAreCountedFromManyThreads() async {
    let load = BackendLoad()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<1_000 {
            let running = load.enter()
            load.record(firstByteMicroseconds: 100)
            _ = consume running
          }
        }
      }
    }
    #expect(load.inFlight == 0)
    #expect(load.total == 8_000)
    #expect((90...110).contains(load.latencyMicroseconds))
  }

  @Test func aLimitHoldsHoweverManyEnterAtOnce() async {
    let place = Occupancy()
    let refused = Occupancy()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var held = true
          for _ in 0..<1_000 {
            if let inside = place.enter(limit: 3) {
              held = held && place.count <= 3
              _ = consume inside
            } else {
              _ = refused.enter()
            }
          }
          return held
        }
      }
      for await held in group { #expect(held) }
    }
    #expect(place.count == 0)
    #expect(place.total + refused.total == 8_000)
    let all = [place.enter(limit: 0) == nil, place.enter(limit: nil) == nil]
    #expect(all == [true, false])
  }

  @Test func latencyFollowsItsSamples() {
    let load = BackendLoad()
    #expect(load.latencyMicroseconds == 0)
    load.record(firstByteMicroseconds: 800)
    #expect(load.latencyMicroseconds == 800)
    load.record(firstByteMicroseconds: 1_600)
    #expect(load.latencyMicroseconds == 900)
    load.recordFailure()
    #expect(load.latencyMicroseconds > 600_000)
    let quick = BackendLoad()
    quick.record(firstByteMicroseconds: 0)
    #expect(quick.latencyMicroseconds == 1)
  }
}

struct ModelTests {
  @Test func aModelOutOfMemoryIsColdUntilItsFirstRequest() {
    let cases: [(Residency, Bool, [Bool])] = [
      (.unloaded, false, [false, true, true]), (.unloaded, true, [true, true, true]),
      (.loaded, false, [true, true, true]), (.unknown, false, [true, true, true]),
    ]
    for (residency, isRemote, warm) in cases {
      let model = FleetFixture.model("m", residency: residency, isRemote: isRemote)
      #expect((0..<3).map { _ in model.use() } == warm)
      #expect(model.isUsed == (residency == .unloaded && !isRemote))
    }
  }
}

struct FleetSnapshotTests {
  typealias F = FleetFixture

  private func json(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test func listingIsSortedAndHoldsOnlyWhatCanBeUsed() throws {
    let fleet = FleetSnapshot(
      members: [
        F.member(
          "z", models: [F.model("b"), F.model("a", has: [.vision, .json], context: 4_096)]),
        F.member("y", models: [F.model("a"), F.model("a"), F.model("c/d:e", unavailable: true)]),
        F.member("x", .down, models: [F.model("gone")]),
        F.member("w", .loading, models: [F.model("late")]),
      ], created: 1_700_000_000)
    let list = try json(fleet.modelListing)
    #expect(list["object"] as? String == "list")
    #expect(list["has_more"] as? Bool == false)
    #expect(list["first_id"] as? String == "a")
    #expect(list["last_id"] as? String == "b")
    let data = try #require(list["data"] as? [[String: Any]])
    #expect(data.map { $0["id"] as? String } == ["a", "a", "b"])
    #expect(data.map { $0["owned_by"] as? String } == ["y", "z", "z"])
    let entry = data[1]
    #expect(entry["object"] as? String == "model")
    #expect(entry["type"] as? String == "model")
    #expect(entry["created"] as? Int == 1_700_000_000)
    #expect(entry["created_at"] as? String == "2023-11-14T22:13:20Z")
    #expect(entry["display_name"] as? String == "a")
    #expect(entry["context_length"] as? Int == 4_096)
    let capabilities = entry["capabilities"] as? [String: Bool]
    #expect(capabilities == ["vision": true, "tools": false, "json_mode": true])
    #expect(data[0]["context_length"] == nil)
  }

  @Test func emptyFleetListsNothing() throws {
    let list = try json(FleetSnapshot().modelListing)
    #expect((list["data"] as? [Any])?.isEmpty == true)
    #expect(list["first_id"] is NSNull)
  }

  @Test func entriesAreFoundByIdAndAlias() throws {
    let fleet = FleetSnapshot(members: [
      F.member("z", models: [F.model("org/m:q4\"", alias: "m")]),
      F.member("y", models: [F.model("m")]),
      F.member("x", .down, models: [F.model("gone")]),
    ])
    let entry = try json(try #require(fleet.modelEntry("org/m:q4\"")))
    #expect(entry["id"] as? String == "org/m:q4\"")
    #expect(try json(try #require(fleet.modelEntry("m")))["owned_by"] as? String == "y")
    #expect(fleet.modelEntry("gone") == nil)
    #expect(fleet.modelEntry("nothing") == nil)
  }

  @Test func countsAndNames() {
    let fleet = FleetSnapshot(members: [
      F.member("b", models: [F.model("m"), F.model("n")]),
      F.member("a", .down, models: [F.model("m"), F.model("o")]),
      F.member("c", models: [], operations: nil),
    ])
    #expect(fleet.routableModels == ["m", "n"])
    #expect(fleet.modelCount == 3)
    #expect(fleet.routableCount == 1)
    #expect(fleet.nameRanks == [1, 0, 2])
    #expect(fleet.knows("o"))
    #expect(fleet.candidates(for: "m").map { [$0.member, $0.model] } == [[0, 0], [1, 0]])
  }
}

struct UTCTimeTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
      (951_868_799, "2000-02-29T23:59:59Z"), (951_868_800, "2000-03-01T00:00:00Z"),
      (1_704_067_199, "2023-12-31T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
      (-1, "1969-12-31T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)]) func calendar(seconds: Int64, text: String)
  {
    #expect(UTCTime(unixSeconds: seconds).text == text)
  }
}
