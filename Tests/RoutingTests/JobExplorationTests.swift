import Seeded
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// Every order of commands, answers, deaths and time to a small depth, and long random ones, with
/// what must hold after each step.
struct JobExplorationTests {
  typealias D = JobDialogue

  enum Step: CaseIterable {
    case load, loadForRequest, loadOther, unload, migrate, cancel, endWell, endBadly, endLying,
      progress, endUnheard, answer, kill, revive, remove, wait, waitLong
  }

  /// A dialogue about two servers with the models "m" and "n", of which "a" has "m" in memory, and
  /// room for one of them on "b".
  private struct World {
    var dialogue = D()
    var faults: [String] = []
    private var started: [String] = []

    init() {
      _ = dialogue.add("a", [D.report("m", .loaded, gb: 4), D.report("n", gb: 4)])
      _ = dialogue.add("b", [D.report("m", gb: 4), D.report("n", .loaded, gb: 4)]) {
        $0.memoryGB = 10
        $0.keepWarm = ["m"]
      }
    }

    mutating func take(_ step: Step) {
      act(step)
      check(step)
    }

    private mutating func order(_ body: (inout D) throws -> ModelJob) {
      guard let job = try? body(&dialogue) else { return }
      if !started.contains(job.id) { started.append(job.id) }
    }

    private mutating func act(_ step: Step) {
      switch step {
      case .load: order { try $0.load("m", on: "b", makeRoom: true) }
      case .loadForRequest: order { try $0.load("n", on: "b", makeRoom: true, cause: .request) }
      case .loadOther: order { try $0.load("n", on: "a") }
      case .unload: order { try $0.unload("m", on: "a") }
      case .migrate: order { try $0.migrate("m", from: "a", to: "b") }
      case .cancel:
        if let id = dialogue.book.entries.first?.job.id { order { try $0.cancel(id) } }
      case .endWell: if let model = dialogue.exchanges.first?.model { dialogue.finish(model) }
      case .endBadly:
        if let model = dialogue.exchanges.last?.model {
          dialogue.finish(model, DriverFailure(.upstreamBroken, "no"))
        }
      case .endLying:
        if let model = dialogue.exchanges.first?.model { dialogue.finish(model, moves: false) }
      case .progress:
        if let model = dialogue.exchanges.first?.model { dialogue.progress(model, 100) }
      case .endUnheard:
        if let exchange = dialogue.exchanges.first(where: { $0.kind == .load }) {
          dialogue.server(exchange.on)?.set(exchange.model, .loaded)
        }
      case .answer: dialogue.answer()
      case .kill:
        dialogue.server("b")?.state = .down
        dialogue.publish()
      case .revive:
        dialogue.server("b")?.state = .up
        dialogue.publish()
      case .remove:
        dialogue.servers.removeAll { $0.backend.name == "b" }
        dialogue.publish()
      case .wait: dialogue.wait(1_000)
      case .waitLong: dialogue.wait(400_000)
      }
    }

    private mutating func check(_ step: Step) {
      let book = dialogue.book
      for name in ["a", "b"] {
        guard let backend = dialogue.server(name)?.backend else { continue }
        let running = book.entries.filter { $0.isRunning && $0.concerns(backend) }
        if running.count > 1 { faults.append("\(running.count) jobs work at \(name)") }
        if dialogue.exchanges.count(where: { $0.on == name }) > 1 {
          faults.append("two exchanges at \(name)")
        }
        let waiting = book.entries.filter { !$0.isRunning && $0.concerns(backend) }
        if !waiting.isEmpty, running.isEmpty { faults.append("\(name) is free and jobs wait") }
      }
      for entry in book.entries where entry.isRunning {
        if entry.deadline == .max { faults.append("\(entry.job) has no deadline") }
        if entry.step == nil, entry.wake == nil { faults.append("\(entry.job) sleeps for ever") }
        if entry.job.state != .inProgress { faults.append("\(entry.job) runs") }
      }
      for exchange in dialogue.exchanges
      where !book.entries.contains(where: { $0.step == exchange.step }) {
        faults.append("nobody waits for \(exchange)")
      }
      let over = dialogue.over.map(\.id)
      if Set(over).count != over.count { faults.append("a job is over twice") }
      if dialogue.over.contains(where: { !$0.state.isOver || $0.finished == nil }) {
        faults.append("an end that is none")
      }
      // What was begun is still begun, or over.
      for id in started where dialogue.job(id) == nil { faults.append("\(id) is forgotten") }
      checkMigrations()
    }

    /// No source is emptied before its model is elsewhere.
    private mutating func checkMigrations() {
      for entry in dialogue.book.entries where entry.job.kind == .migrate {
        guard entry.phase == .unloading,
          dialogue.exchanges.contains(where: { $0.step == entry.step })
        else { continue }
        if !dialogue.loadEnds.contains("m on b"),
          dialogue.server("b")?.residency(of: "m") != .loaded
        {
          faults.append("the source is emptied while the target has nothing")
        }
      }
    }

    /// After all, nothing is left that somebody could wait for.
    mutating func close() {
      dialogue.settle()
      if !dialogue.leaving.isEmpty { faults.append("\(dialogue.leaving) never leave") }
      if !dialogue.book.entries.isEmpty { faults.append("\(dialogue.book.entries) never end") }
      dialogue.stop()
      for id in started where dialogue.job(id)?.state.isOver != true {
        faults.append("\(id) is not over")
      }
    }
  }

  @Test func everyOrderToASmallDepth() {
    var path: [Step] = []
    func explore(_ depth: Int) {
      guard depth > 0 else {
        var world = World()
        for step in path { world.take(step) }
        world.close()
        if !world.faults.isEmpty { Issue.record("\(path): \(world.faults)") }
        return
      }
      for step in Step.allCases {
        path.append(step)
        explore(depth - 1)
        path.removeLast()
      }
    }
    explore(3)
  }

  @Test func longWalks() {
    for seed in 0..<400 as Range<UInt64> {
      var random = SeededRandom(state: seed)
      var world = World()
      var path: [Step] = []
      for _ in 0..<40 {
        guard let step = Step.allCases.randomElement(using: &random) else { return }
        // A backend that has been taken out stays so: seldom.
        if step == .remove, Bool.random(using: &random) { continue }
        path.append(step)
        world.take(step)
        if !world.faults.isEmpty { break }
      }
      world.close()
      if !world.faults.isEmpty { Issue.record("seed \(seed), \(path): \(world.faults)") }
    }
  }
}
