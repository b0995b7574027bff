import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// How jobs make room in a backend's memory.
struct JobRoomTests {
  typealias D = JobDialogue

  private static let gb: UInt64 = 1_000_000_000

  /// What a refused load says could go; nil if it is not refused for want of room.
  private static func removable(_ order: () throws -> ModelJob) -> [String]? {
    do { _ = try order() } catch {
      if case .noRoom(_, _, _, let removable)? = error as? LifecycleError { return removable }
    }
    return nil
  }

  /// 24 GB, of which "old" and "used" take 10 each; "new" needs 8 and 7.2 stay free.
  private func fullHouse(_ dialogue: inout D) -> D.Server {
    let server = dialogue.add(
      "a",
      [
        D.report("old", .loaded, gb: 8), D.report("kept", .loaded, gb: 4),
        D.report("used", .loaded, gb: 8), D.report("new", gb: 6),
      ]
    ) {
      $0.memoryGB = 24
      $0.keepWarm = ["kept"]
    }
    return server
  }

  @Test func makesRoomIfTold() throws {
    var dialogue = D()
    let server = fullHouse(&dialogue)
    let account = server.backend.load.account(of: "used")
    let place = account.requests.enter()
    // Without "used" it does not fit, and "old" alone is not enough.
    #expect(Self.removable { try dialogue.load("new", on: "a") } == [])
    _ = consume place
    #expect(Self.removable { try dialogue.load("new", on: "a") } == ["old", "used"])
    let job = try dialogue.load("new", on: "a", makeRoom: true)
    #expect(dialogue.underWay == ["unload old on a"])
    dialogue.finish("old")
    dialogue.answer()
    #expect(dialogue.underWay == ["unload used on a"])
    dialogue.finish("used")
    dialogue.answer()
    dialogue.answer()
    #expect(dialogue.underWay == ["load new on a"])
    // It fits beside the others.
    #expect(dialogue.began == ["new on a"])
    dialogue.settle()
    let done = try #require(dialogue.job(job.id))
    #expect(done.state == .completed && done.unloaded == ["old", "used"])
    #expect(server.residency(of: "kept") == .loaded)
  }

  @Test func whatComesIntoUseStays() throws {
    var dialogue = D()
    let server = fullHouse(&dialogue)
    let job = try dialogue.load("new", on: "a", makeRoom: true)
    dialogue.finish("old")
    let place = server.backend.load.account(of: "used").requests.enter()
    dialogue.answer()
    _ = consume place
    let done = try #require(dialogue.job(job.id))
    #expect(done.state == .failed && done.unloaded == ["old"])
    #expect(server.residency(of: "used") == .loaded)
  }

  @Test func roomThatDoesNotShow() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("old", .loaded, gb: 8), D.report("new", gb: 8)])
    server.total = 20 * Self.gb
    server.free = 8 * Self.gb
    dialogue.publish()
    let job = try dialogue.load("new", on: "a", makeRoom: true)
    dialogue.settle()
    let done = try #require(dialogue.job(job.id))
    #expect(done.failure?.hasPrefix("no room even without old: 8.0 GB of 20.0 GB") == true)
    #expect(done.unloaded == ["old"])
  }

  @Test func remembersWhatItTook() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("m", .loaded, gb: 9), D.report("n", gb: 1)]) {
      $0.memoryGB = 10
    }
    server.reports[0] = D.report("m", .unloaded, gb: 1)
    dialogue.publish()
    #expect(throws: LifecycleError.self) { try dialogue.load("m", on: "a") }
    _ = try dialogue.load("n", on: "a")
  }
}
