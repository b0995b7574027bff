import HTTP
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet
@testable import Routing

/// The fleet changed while it runs, played event by event.
struct FleetChangeTests {
  typealias D = FleetDialogue

  @Test func aNewBackendIsLookedAtBeforeTheConfigurationHolds() {
    var dialogue = D([D.settings("a")])
    #expect(dialogue.configure([D.settings("a"), D.settings("b")]) == ["survey b#2"])
    #expect(D.words(dialogue.state.snapshot) == "a=up")
    #expect(dialogue.state.nextWake == 1_000)
    #expect(dialogue.answer("b") == ["tell up", "adopt", "publish a=up b=up"])
  }

  @Test func aBackendThatDoesNotAnswerIsWaitedForASecond() {
    var dialogue = D([D.settings("a")])
    _ = dialogue.configure([D.settings("b")])
    dialogue.now = 999
    #expect(dialogue.on(.tick) == [])
    dialogue.now = 1_000
    #expect(dialogue.on(.tick) == ["adopt", "publish b=unknown"])
  }

  @Test func whatChangesMeanwhileIsShownAfterwards() {
    var dialogue = D([D.settings("a")])
    let backend = dialogue.state.records[0].backend
    _ = dialogue.configure([D.settings("a"), D.settings("b")])
    let refused = dialogue.on(.requestFailed(backend, DriverFailure(.credentialDead, "no")))
    #expect(refused == ["tell keyRefused"])
    #expect(dialogue.answer("b") == ["tell up", "adopt", "publish a=down b=up"])
  }

  @Test func withoutNewBackendsItHoldsAtOnce() {
    var dialogue = D([D.settings("a"), D.settings("b")])
    #expect(dialogue.configure([D.settings("b")]) == ["tell removed", "adopt", "publish b=up"])
    #expect(dialogue.configure([D.settings("b")]) == ["adopt", "publish b=up"])
  }

  @Test func theOrderIsThatOfTheConfiguration() {
    var dialogue = D([D.settings("a"), D.settings("b")])
    let actions = dialogue.configure([D.settings("b"), D.settings("a")])
    #expect(actions == ["adopt", "publish b=up a=up"])
    let fleet = dialogue.state.snapshot
    #expect(fleet.candidates(for: "a").map(\.member) == [1])
  }

  @Test(arguments: ["priority", "tier", "zone", "limit", "headers", "name", "type left open"])
  func anotherDescriptionKeepsTheServer(what: String) {
    var dialogue = D([D.settings("a")])
    let before = dialogue.state.records[0]
    let changed = D.settings("a") { settings in
      switch what {
      case "priority": settings.priority = 1
      case "tier": settings.tier = 5
      case "zone": settings.zone = .open
      case "limit": settings.maxConcurrent = 4
      case "headers": settings.headers = [.init(name: "x-team", value: "lab")]
      case "name": settings.name = "other"
      default: settings.type = nil
      }
    }
    #expect(dialogue.configure([changed]) == ["adopt", "publish \(changed.name)=up"])
    let after = dialogue.state.records[0]
    #expect(after.backend.settings == changed)
    #expect(after.backend.load === before.backend.load)
    #expect(after.id == before.id)
    #expect(dialogue.state.snapshot.candidates(for: "m").count == 1)
    #expect(dialogue.state.snapshot.members[0].backend === after.backend)
  }

  @Test(arguments: ["url", "type", "key"]) func anotherServerStartsAnew(what: String) {
    var dialogue = D([D.settings("a")])
    let before = dialogue.state.records[0]
    var changed = D.settings("a", port: what == "url" ? 9 : nil)
    if what == "type" { changed.type = "other" }
    let begun = dialogue.configure([changed], key: what == "key" ? "sk" : nil)
    #expect(begun == ["tell removed", "survey a#2"])
    // Until the new one has answered, the old one goes on.
    #expect(dialogue.state.snapshot.members[0].backend === before.backend)
    // What comes late from the old one is nobody's.
    #expect(dialogue.on(.surveyed(before.id, D.outcome("a", isUp: false))) == [])
    let failed = dialogue.on(
      .requestFailed(before.backend, DriverFailure(.credentialDead, "no")))
    #expect(failed == [])
    #expect(dialogue.answer("a") == ["tell up", "adopt", "publish a=up"])
    #expect(dialogue.state.records[0].backend.load !== before.backend.load)
  }

  @Test func modelsAreNarrowedAndWidenedWithoutAsking() {
    var dialogue = D([D.settings("a")])
    _ = dialogue.configure([D.settings("a") { $0.models = ["m"] }])
    #expect(dialogue.state.snapshot.routableModels == ["m"])
    let told = dialogue.configure([D.settings("a") { $0.models = ["gone"] }])
    #expect(told == ["tell modelsAbsent", "adopt", "publish a=up"])
    #expect(dialogue.state.snapshot.routableModels == [])
    _ = dialogue.configure([D.settings("a")])
    #expect(dialogue.state.snapshot.routableModels == ["a", "m"])
  }

  @Test func anAnswerOfARemovedBackendHitsNobody() {
    var dialogue = D([D.settings("a"), D.settings("b")])
    dialogue.now = 30_000
    #expect(dialogue.on(.tick) == ["survey a#1", "survey b#2"])
    _ = dialogue.configure([D.settings("b")])
    #expect(dialogue.on(.surveyed(RecordID(number: 1), D.outcome("a", isUp: false))) == [])
    #expect(dialogue.record("b")?.health.failures == 0)
    #expect(dialogue.answer("b") == [])
  }

  @Test func removedAndDrainedBackendsAreWatchedUntilTheyAreEmpty() {
    var dialogue = D([D.settings("a"), D.settings("b")])
    let first = dialogue.state.records[0].backend.load.enter()
    let second = dialogue.state.records[1].backend.load.enter()
    let drained = dialogue.command { (state, now) throws(FleetError) in
      try state.setDraining(true, named: "b", now: now).actions
    }
    #expect(drained == ["tell draining", "publish a=up b=draining"])
    #expect(dialogue.configure([D.settings("b")]).contains("publish b=draining"))
    #expect(dialogue.state.nextWake == 100)
    dialogue.now = 100
    #expect(dialogue.on(.tick) == [])
    _ = consume first
    dialogue.now = 200
    #expect(dialogue.on(.tick) == ["tell emptied"])
    _ = consume second
    dialogue.now = 300
    #expect(dialogue.on(.tick) == ["tell emptied"])
    #expect(dialogue.state.nextWake == 30_000)
  }

  @Test func aRequestThatNeverEndsIsNotWatchedForEver() {
    var dialogue = D([D.settings("a")])
    let request = dialogue.state.records[0].backend.load.enter()
    _ = dialogue.configure([])
    dialogue.now = 900_000
    #expect(dialogue.on(.tick) == [])
    #expect(dialogue.state.nextWake == nil)
    _ = consume request
  }

  @Test func aDrainingBackendStaysWatchedAndComesBack() {
    var dialogue = D([D.settings("a")])
    _ = dialogue.command { (state, now) throws(FleetError) in
      try state.setDraining(true, named: "a", now: now).actions
    }
    #expect(dialogue.state.snapshot.routableModels == [])
    dialogue.now = 30_000
    #expect(dialogue.on(.tick) == ["survey a#1"])
    // It stays out of use through a reload, under another address, and while it is down.
    #expect(dialogue.configure([D.settings("a", port: 9)]).last == "survey a#2")
    #expect(dialogue.answer("a") == ["tell up", "adopt", "publish a=draining"])
    let back = dialogue.command { (state, now) throws(FleetError) in
      try state.setDraining(false, named: "a", now: now).actions
    }
    #expect(back == ["tell inUseAgain", "publish a=up"])
    let again = dialogue.command { (state, now) throws(FleetError) in
      try state.setDraining(false, named: "a", now: now).actions
    }
    #expect(again == [])
  }

  @Test func commandsAddAndRemove() {
    var dialogue = D([D.settings("a")])
    func add(_ settings: Settings.Backend) -> [String] {
      dialogue.command { (state, now) throws(FleetError) in
        try state.add(D.backend(settings, source: .manual), now: now).actions
      }
    }
    func remove(_ name: String) -> [String] {
      dialogue.command { (state, now) throws(FleetError) in
        try state.remove(named: name, now: now).actions
      }
    }
    #expect(add(D.settings("b")) == ["tell added", "survey b#2", "publish a=up b=unknown"])
    #expect(dialogue.answer("b") == ["tell up", "publish a=up b=up"])
    #expect(
      add(D.settings("b", port: 9))
        == ["error: there is a backend named 'b' already; choose another name"])
    let sameURL = D.settings("c", port: UInt16(UInt8(ascii: "a")))
    #expect(add(sameURL) == ["error: http://10.0.0.1:97 is known already, as 'a'"])
    // A reload does not take away what a command added, and comes before it in the order.
    let reloaded = dialogue.configure([D.settings("c"), D.settings("a")])
    #expect(reloaded == ["survey c#3"])
    #expect(dialogue.answer("c") == ["tell up", "adopt", "publish c=up a=up b=up"])
    #expect(remove("b") == ["tell removed", "publish c=up a=up"])
    #expect(remove("b") == ["error: there is no backend 'b'; there are: c, a"])
    // What the configuration names comes back with it.
    #expect(remove("a") == ["tell removed", "publish c=up"])
    #expect(dialogue.configure([D.settings("c"), D.settings("a")]) == ["survey a#4"])
  }

  @Test func theConfigurationTakesOverWhatACommandAdded() {
    var dialogue = D([D.settings("a")])
    _ = dialogue.command { (state, now) throws(FleetError) in
      try state.add(D.backend(D.settings("b"), source: .manual), now: now).actions
    }
    _ = dialogue.answer("b")
    let load = dialogue.record("b")?.backend.load
    #expect(dialogue.configure([D.settings("a"), D.settings("b")]).last == "publish a=up b=up")
    #expect(dialogue.record("b")?.backend.source == .configured)
    #expect(dialogue.record("b")?.backend.load === load)
    // From now on it goes when the configuration no longer names it.
    #expect(dialogue.configure([D.settings("a")]).last == "publish a=up")
  }

  /// A server is asked again what it is when the type that did not fit is taken out of the file; one
  /// that works as that type is not bothered.
  @Test func aWrongTypeThatIsTakenBackIsForgotten() {
    let typed = D.settings("a")
    var untyped = typed
    untyped.type = nil
    var wrong = D([typed])
    for _ in 0..<3 { _ = wrong.answer("a", isUp: false) }
    #expect(wrong.record("a")?.health.state == .down)
    #expect(wrong.configure([untyped]).contains("identify"))

    var right = D([typed])
    _ = right.answer("a")
    #expect(!right.configure([untyped]).contains("identify"))
    #expect(right.record("a")?.backend.kind?.type == typed.type)
  }

  @Test func keptChangesHoldFromTheStart() throws {
    var dialogue = D([])
    dialogue.state = FleetState(catalogue: DriverCatalogue(), created: 0)
    dialogue.state.configure(FleetPlan(backends: [D.backend(D.settings("a"))]), now: 0)
    try dialogue.state.restore(D.backend(D.settings("b"), source: .manual), now: 0)
    #expect(throws: FleetError.nameTaken("a")) {
      try dialogue.state.restore(D.backend(D.settings("a", port: 9), source: .manual), now: 0)
    }
    dialogue.state.restoreDraining("b")
    let begun = dialogue.on(.tick)
    #expect(begun == ["survey a#1", "survey b#2", "publish a=unknown b=draining"])
  }
}

/// `[health_check]`, changed while the gateway runs.
struct FleetHealthSettingsTests {
  typealias D = FleetDialogue

  @Test func thresholdsHoldFromTheNextEvent() {
    var dialogue = D([D.settings("a")])
    var settings = Settings.HealthCheck()
    settings.failureThreshold = 1
    settings.recoveryThreshold = 1
    _ = dialogue.configure([D.settings("a")], healthCheck: settings)
    #expect(dialogue.answer("a", isUp: false) == ["tell down", "publish a=down"])
    #expect(dialogue.answer("a") == ["tell up", "publish a=up"])
  }

  @Test func theIntervalHoldsAtOnce() {
    var dialogue = D([D.settings("a")])
    #expect(dialogue.state.nextWake == 30_000)
    var settings = Settings.HealthCheck()
    settings.intervalSeconds = 5
    _ = dialogue.configure([D.settings("a")], healthCheck: settings)
    #expect(dialogue.state.nextWake == 5_000)
  }

  @Test func withoutChecksABackendIsAskedOnceAndAfterFailures() {
    var settings = Settings.HealthCheck()
    settings.enabled = false
    var dialogue = D([D.settings("a")])
    _ = dialogue.configure([D.settings("a")], healthCheck: settings)
    #expect(dialogue.state.nextWake == nil)
    let backend = dialogue.state.records[0].backend
    _ = dialogue.on(.requestFailed(backend, DriverFailure(.upstreamBroken, "reset")))
    dialogue.now = 100
    #expect(dialogue.on(.tick) == ["survey a#1"])
    #expect(dialogue.answer("a") == [])
    #expect(dialogue.state.nextWake == nil)
    // Switched on again, the next look is a round away.
    _ = dialogue.configure([D.settings("a")])
    #expect(dialogue.state.nextWake == 30_100)
  }

  @Test func withoutChecksNamedModelsNeedNoQuestion() {
    var settings = Settings.HealthCheck()
    settings.enabled = false
    var dialogue = D([])
    let named = D.settings("a") { $0.models = ["x", "y"] }
    let begun = dialogue.configure([named], healthCheck: settings)
    #expect(begun == ["tell up", "adopt", "publish a=up"])
    #expect(dialogue.state.snapshot.routableModels == ["x", "y"])
    #expect(dialogue.state.nextWake == nil)
    let more = D.settings("a") { $0.models = ["z"] }
    _ = dialogue.configure([more], healthCheck: settings)
    #expect(dialogue.state.snapshot.routableModels == ["z"])
  }
}
