import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// How models are kept in memory.
struct JobWarmthTests {
  typealias D = JobDialogue

  @Test func keepsWarm() throws {
    var dialogue = D()
    let server = dialogue.add("a", [D.report("w-1"), D.report("w-2"), D.report("x")]) {
      $0.keepWarm = ["w-*"]
    }
    #expect(dialogue.underWay == ["load w-1 on a"])
    dialogue.settle()
    #expect(server.residency(of: "w-2") == .loaded && server.residency(of: "x") == .unloaded)
    #expect(dialogue.over.map(\.cause) == [.keepWarm, .keepWarm])
    // It goes by itself: it comes back. Somebody unloads it: it stays away.
    server.set("w-1", .unloaded)
    dialogue.publish()
    #expect(dialogue.underWay == ["load w-1 on a"])
    dialogue.settle()
    _ = try dialogue.unload("w-1", on: "a")
    dialogue.settle()
    #expect(server.residency(of: "w-1") == .unloaded)
    dialogue.wait(7_200_000)
    #expect(dialogue.underWay.isEmpty)
    server.state = .down
    dialogue.publish()
    server.state = .up
    dialogue.publish()
    #expect(dialogue.underWay == ["load w-1 on a"])
  }

  @Test func aFailureIsTriedAgainLater() throws {
    var dialogue = D()
    _ = dialogue.add("a", [D.report("w")]) { $0.keepWarm = ["w"] }
    for pause in [60_000, 120_000] as [UInt64] {
      dialogue.finish("w", DriverFailure(.upstreamBroken, "no"))
      dialogue.answer()
      #expect(dialogue.underWay.isEmpty)
      dialogue.wait(pause - 1)
      #expect(dialogue.underWay.isEmpty)
      #expect(dialogue.book.nextWake(dialogue.now) == dialogue.now + 1)
      dialogue.wait(1)
      #expect(dialogue.underWay == ["load w on a"])
    }
  }

  @Test func aCancelledOneIsNotTakenUp() throws {
    var dialogue = D()
    _ = dialogue.add("a", [D.report("w")]) { $0.keepWarm = ["w"] }
    let job = try #require(dialogue.book.jobs(0).first)
    #expect(try dialogue.cancel(job.id).state == .cancelled)
    dialogue.settle()
    #expect(dialogue.underWay.isEmpty && dialogue.book.entries.isEmpty)
  }
}
