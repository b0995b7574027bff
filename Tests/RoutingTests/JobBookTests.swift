import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

struct JobBookTests {
  typealias D = JobDialogue

  // MARK: Orders

  @Test func loadsAndTrustsTheServer() throws {
    var dialogue = D()
    _ = dialogue.add("a", [D.report("m", alias: "nick")])
    let job = try dialogue.load("nick", on: "a")
    #expect(job.state == .inProgress && job.model == "m" && job.target == "a")
    #expect(dialogue.underWay == ["load m on a"])
    #expect(dialogue.began == ["m on a alone"])
    dialogue.progress("m", 500)
    dialogue.now += 4_000
    let half = try #require(dialogue.job(job.id))
    #expect(half.permille == 500 && half.remaining == 4_000 && half.detail == "half")
    dialogue.finish("m")
    #expect(dialogue.job(job.id)?.state == .inProgress)
    dialogue.answer()
    #expect(dialogue.job(job.id)?.state == .completed)
    #expect(dialogue.over.map(\.id) == [job.id])
    #expect(dialogue.loadEnds == ["m on a"])
    #expect(dialogue.job(job.id)?.finished == 1_700_000_004_000)
    let again = try dialogue.load("m", on: "a")
    #expect(again.state == .completed && again.id != job.id)
    #expect(dialogue.book.jobs(dialogue.now).map(\.id) == [again.id, job.id])
  }

  @Test func refusesWhatCannotBe() throws {
    var dialogue = D()
    let server = dialogue.add(
      "a", [D.report("m"), D.report("big", .loaded), D.report("no-1")]
    ) { $0.neverLoad = ["no-*"] }
    let other = dialogue.add("b", [D.report("m", .loaded), D.report("x", .loaded)])
    func error(_ body: () throws -> ModelJob) -> LifecycleError? {
      do { _ = try body() } catch { return error as? LifecycleError }
      return nil
    }
    #expect(
      error { try dialogue.load("m", on: "z") } == .backendUnknown("z", known: ["a", "b"]))
    #expect(
      error { try dialogue.load("x", on: "a") }
        == .modelUnknown("x", backend: "a", elsewhere: ["b"]))
    #expect(error { try dialogue.load("no-1", on: "a") } == .neverLoad("no-1", backend: "a"))
    #expect(error { try dialogue.unload("m", on: "a") } == .notLoaded("m", backend: "a"))
    #expect(
      error { try dialogue.migrate("m", from: "b", to: "b") } == .sameBackend("b"))
    #expect(
      error { try dialogue.migrate("m", from: "a", to: "b") } == .notLoaded("m", backend: "a"))
    let place = server.backend.load.account(of: "big").requests.enter()
    #expect(
      error { try dialogue.unload("big", on: "a") }
        == .inUse("big", backend: "a", requests: 1))
    let forced = try dialogue.unload("big", on: "a", force: true)
    _ = consume place
    #expect(error { try dialogue.load("m", on: "a") } == .busy(backend: "a", job: forced.id))
    dialogue.settle()
    #expect(dialogue.job(forced.id)?.state == .completed)
    server.isDraining = true
    other.state = .down
    dialogue.publish()
    #expect(error { try dialogue.load("m", on: "a") } == .notUsable("a", why: "it drains"))
    #expect(error { try dialogue.unload("x", on: "b") } == .notUsable("b", why: "it is down"))
    #expect(error { try dialogue.cancel("op-0") } == .jobUnknown("op-0"))
    #expect(error { try dialogue.cancel(forced.id) } == .jobOver(forced.id))
    dialogue.stop()
    #expect(error { try dialogue.load("m", on: "a") } == .stopping)
    #expect(dialogue.refusals > 8)
  }

  @Test func onlyDriversThatCanDoSo() throws {
    var dialogue = D()
    let member = FleetFixture.member(
      "v", models: [FleetFixture.model("m", residency: .unloaded)],
      operations: OperationSet([OperationSet(.chat), OperationSet(.survey)]))
    dialogue.book.on(.fleet(FleetSnapshot(version: 1, members: [member])), now: 0)
    #expect(throws: LifecycleError.unsupported(backend: "v", type: "fake")) {
      try dialogue.load("m", on: "v")
    }
  }

  @Test func manyRequestsMakeOneJob() throws {
    var dialogue = D()
    _ = dialogue.add("a", [D.report("m"), D.report("n")])
    let first = try dialogue.load("m", on: "a", cause: .request)
    let second = try dialogue.load("m", on: "a", cause: .request)
    #expect(first.id == second.id)
    let waiting = try dialogue.load("n", on: "a", cause: .request)
    #expect(waiting.state == .pending)
    #expect(try dialogue.load("n", on: "a", cause: .request).id == waiting.id)
    #expect(dialogue.underWay == ["load m on a"])
    dialogue.finish("m")
    dialogue.answer()
    #expect(dialogue.underWay == ["load n on a"])
    dialogue.settle()
    #expect(dialogue.over.map(\.state) == [.completed, .completed])
  }

  // MARK: What servers say

  @Test func aLoadThatWasNone() throws {
    var dialogue = D()
    _ = dialogue.add("a", [D.report("m")])
    let job = try dialogue.load("m", on: "a")
    dialogue.finish("m", moves: false)
    dialogue.answer()
    #expect(dialogue.job(job.id)?.state == .inProgress)
    dialogue.wait(1_000)
    dialogue.answer()
    #expect(dialogue.job(job.id)?.failure == "the server says it is not loaded")
    #expect(dialogue.loadEnds == ["m on a not"])
  }

  @Test func aBrokenExchangeMayHaveLoaded() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m")])
    let job = try dialogue.load("m", on: "a")
    server.set("m", .loaded)
    dialogue.finish("m", DriverFailure(.upstreamBroken, "broke off"))
    dialogue.answer()
    #expect(dialogue.job(job.id)?.state == .completed)
  }

  @Test func followsALoadInTheBackground() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m")])
    let job = try dialogue.load("m", on: "a")
    dialogue.finish("m", DriverFailure(.modelLoading, "still being loaded"))
    for state in [Residency.unloaded, .loading, .loading] {
      server.set("m", state)
      dialogue.answer()
      #expect(dialogue.job(job.id)?.state == .inProgress)
      dialogue.wait(1_000)
    }
    server.set("m", .loaded)
    dialogue.answer()
    #expect(dialogue.job(job.id)?.state == .completed)
  }

  /// A driver may miss the end of a load that it follows; one that just waits is left alone, for
  /// some servers give up a load whose asker has gone.
  @Test func looksBesideADriverThatFollows() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m")])
    let silent = try dialogue.load("m", on: "a")
    server.set("m", .loaded)
    dialogue.wait(60_000)
    #expect(dialogue.surveys.isEmpty)
    dialogue.finish("m")
    dialogue.answer()
    #expect(dialogue.job(silent.id)?.state == .completed)

    server.set("m", .unloaded)
    dialogue.publish()
    let job = try dialogue.load("m", on: "a")
    dialogue.progress("m", 0)
    for state in [Residency.unloaded, .loading, .loading] {
      server.set("m", state)
      dialogue.wait(2_000)
      dialogue.progress("m", 400)
      #expect(dialogue.surveys.count == 1)
      dialogue.answer()
      #expect(dialogue.job(job.id)?.state == .inProgress)
      #expect(dialogue.underWay == ["load m on a"])
    }
    server.set("m", .loaded)
    dialogue.wait(2_000)
    dialogue.answer()
    #expect(dialogue.job(job.id)?.state == .completed)
    #expect(dialogue.underWay.isEmpty)
    #expect(dialogue.book.nextWake(dialogue.now) == nil)
  }

  /// The list may lag behind: that a load has come to nothing must be said twice.
  @Test(arguments: [Residency.unloaded, .failed])
  func whatComesToNothingBesideADriver(_ state: Residency) throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m")])
    let job = try dialogue.load("m", on: "a")
    dialogue.progress("m", 0)
    server.set("m", state)
    dialogue.wait(2_000)
    dialogue.answer()
    #expect(dialogue.job(job.id)?.state == .inProgress)
    dialogue.wait(2_000)
    dialogue.answer()
    let last = try #require(dialogue.job(job.id))
    #expect(last.failure?.hasPrefix("the server") == true, "\(last)")
    #expect(dialogue.underWay.isEmpty)
  }

  /// A migration goes on from there.
  @Test func movesWhatArrivesUnheard() throws {
    var dialogue = D()
    let source = dialogue.add("a", [D.report("m", .loaded)])
    let target = dialogue.add("b", [D.report("m")])
    let job = try dialogue.migrate("m", from: "a", to: "b")
    dialogue.progress("m", 0)
    target.set("m", .loaded)
    dialogue.wait(2_000)
    dialogue.answer()
    #expect(dialogue.underWay == ["unload m on a"])
    dialogue.settle()
    #expect(dialogue.job(job.id)?.state == .completed)
    #expect(source.residency(of: "m") == .unloaded)
  }

  /// What has failed may have left something behind.
  @Test func unloadsWhatHasFailed() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m", .failed)])
    let job = try dialogue.unload("m", on: "a")
    dialogue.finish("m")
    dialogue.answer()
    #expect(dialogue.job(job.id)?.state == .completed)
    #expect(server.residency(of: "m") == .unloaded)
  }

  @Test func patienceEnds() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m")])
    let job = try dialogue.load("m", on: "a")
    server.set("m", .loading)
    dialogue.finish("m", moves: false)
    for _ in 0..<400 {
      dialogue.answer()
      dialogue.wait(1_000)
    }
    let last = try #require(dialogue.job(job.id))
    #expect(last.state == .failed)
    #expect(last.failure?.hasPrefix("still not in memory after 3") == true, "\(last)")
    #expect(dialogue.book.nextWake(dialogue.now) == nil)
  }

  @Test func failsHalfWay() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m")])
    let job = try dialogue.load("m", on: "a")
    server.set("m", .failed)
    dialogue.finish("m", DriverFailure(.upstreamBroken, "out of memory"))
    dialogue.answer()
    #expect(dialogue.job(job.id)?.failure == "out of memory")
    #expect(dialogue.underWay.isEmpty)
  }

  @Test func aBackendThatGoesEndsItsJobs() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m"), D.report("n")])
    let job = try dialogue.load("m", on: "a")
    let waiting = try dialogue.load("n", on: "a", cause: .request)
    server.state = .down
    dialogue.publish()
    #expect(dialogue.job(job.id)?.failure == "'a' went down")
    #expect(dialogue.job(waiting.id)?.failure == "'a' went down")
    #expect(dialogue.underWay.isEmpty)
    server.state = .up
    dialogue.publish()
    let next = try dialogue.load("m", on: "a")
    dialogue.servers = []
    dialogue.publish()
    #expect(dialogue.job(next.id)?.failure == "'a' was taken out of the fleet")
    #expect(dialogue.over.count == 3)
  }

  // MARK: Migration

  @Test func migratesBesideRequests() throws {
    var dialogue = D()
    let source = dialogue.add("a", [D.report("m", .loaded)])
    let target = dialogue.add("b", [D.report("m")])
    let job = try dialogue.migrate("m", from: "a", to: "b")
    #expect(job.source == "a" && job.target == "b")
    let place = source.backend.load.account(of: "m").requests.enter()
    dialogue.finish("m")
    dialogue.answer()
    #expect(dialogue.underWay.isEmpty)
    dialogue.wait(250)
    #expect(dialogue.underWay.isEmpty && dialogue.leaving == ["m on a"])
    #expect(
      dialogue.job(job.id)?.detail
        == "loaded; waits for 1 requests on 'a' before it unloads there")
    _ = consume place
    dialogue.wait(250)
    #expect(dialogue.underWay == ["unload m on a"])
    dialogue.settle()
    #expect(dialogue.job(job.id)?.state == .completed)
    #expect(source.residency(of: "m") == .unloaded && target.residency(of: "m") == .loaded)
  }

  @Test func aSourceInUseKeepsItsModel() throws {
    var dialogue = D()
    let source = dialogue.add("a", [D.report("m", .loaded)])
    _ = dialogue.add("b", [D.report("m")])
    let job = try dialogue.migrate("m", from: "a", to: "b")
    let place = source.backend.load.account(of: "m").requests.enter()
    dialogue.finish("m")
    dialogue.answer()
    dialogue.wait(300_000)
    _ = consume place
    let done = try #require(dialogue.job(job.id))
    #expect(done.state == .failed && done.failure?.contains("stays loaded there") == true)
    #expect(source.residency(of: "m") == .loaded)
  }

  /// A source that does not say whether the model has gone is not judged by its target.
  @Test func aSourceThatIsSilentIsNotItsTarget() throws {
    var dialogue = D()
    let source = dialogue.add("a", [D.report("m", .loaded)])
    _ = dialogue.add("b", [D.report("m")])
    let job = try dialogue.migrate("m", from: "a", to: "b")
    dialogue.finish("m")
    dialogue.answer()
    dialogue.finish("m")
    dialogue.publish()
    dialogue.answerNothing()
    #expect(source.residency(of: "m") == .unloaded)
    #expect(dialogue.job(job.id)?.state == .completed)
  }

  @Test func aTargetThatDiesLeavesTheSource() throws {
    var dialogue = D()
    let source = dialogue.add("a", [D.report("m", .loaded)])
    let target = dialogue.add("b", [D.report("m")])
    let job = try dialogue.migrate("m", from: "a", to: "b")
    target.state = .down
    dialogue.publish()
    #expect(dialogue.job(job.id)?.failure == "'b' went down")
    dialogue.settle()
    #expect(source.residency(of: "m") == .loaded && dialogue.underWay.isEmpty)
  }

  // MARK: Memory

  @Test func theLastHundredAreRemembered() throws {
    var dialogue = D()
    _ = dialogue.add("a", [D.report("m", .loaded)])
    var ids: Set<String> = []
    for _ in 0..<150 { ids.insert(try dialogue.load("m", on: "a").id) }
    #expect(ids.count == 150 && ids.allSatisfy { $0.utf8.count == 19 && $0.hasPrefix("op-") })
    #expect(dialogue.book.jobs(dialogue.now).count == 100)
  }

  @Test func ordersAreRememberedLongest() throws {
    var dialogue = D()
    _ = dialogue.add("a", [D.report("m", .loaded)])
    let order = try dialogue.load("m", on: "a")
    for _ in 0..<150 { _ = try dialogue.load("m", on: "a", cause: .request) }
    #expect(dialogue.job(order.id) != nil)
    #expect(dialogue.book.jobs(dialogue.now).count == 100)
  }
}
