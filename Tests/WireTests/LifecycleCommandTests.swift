import Foundation
import Glibc
import Testing

/// `nexus models load`, `unload`, `migrate` and `nexus jobs`, as a person and a script see them.
@Suite(.serialized) struct LifecycleCommandTests {
  private func nexus(_ bench: LifecycleBench, _ arguments: String...) throws -> ProgramRun {
    try ProgramRun(
      arguments: arguments, environment: bench.household.environment(bench.gateway))
  }

  @Test func loadMoveUnload() throws {
    let bench = try LifecycleBench([
      LifecycleBench.server("llamacpp-router", name: "one", ",load=400"),
      LifecycleBench.server("llamacpp-router", name: "two", ",load=20"),
    ])
    let load = try nexus(bench, "models", "load", "cold", "--backend", "one")
    #expect(load.status == 0, "\(load.errors)")
    #expect(load.output.hasPrefix("Loading cold on one: done"), "\(load.output)")
    #expect(load.errors.contains("Loading cold on one: "), "\(load.errors)")
    #expect(load.errors.contains(" %"), "the router tells how far it is: \(load.errors)")
    #expect(!load.errors.contains("\u{1B}"))
    try bench.wait("loaded")

    let list = try nexus(bench, "models")
    #expect(list.status == 0)
    #expect(list.output.contains("MODEL"))

    let move = try nexus(bench, "models", "migrate", "cold", "--from", "one", "--to", "two")
    #expect(move.status == 0, "\(move.errors)")
    #expect(move.output.hasPrefix("Moving cold from one to two: done"), "\(move.output)")
    try bench.wait("loaded", on: "two")

    let unload = try nexus(bench, "models", "unload", "cold", "--backend", "two", "--json")
    #expect(unload.status == 0, "\(unload.errors)")
    #expect(unload.json["status"] as? String == "completed")
    #expect(unload.json["operation_type"] as? String == "unload")

    let jobs = try nexus(bench, "jobs")
    #expect(jobs.output.hasPrefix("JOB "), "\(jobs.output)")
    #expect(jobs.output.split(separator: "\n").count >= 4, "\(jobs.output)")
    let id = unload.json["operation_id"] as? String ?? ""
    #expect(try nexus(bench, "jobs", id).output.hasPrefix("Unloading cold from two: done"))
    #expect(try nexus(bench, "jobs", "--json").list("jobs").count >= 3)
  }

  @Test func whatFailsEndsWithOne() throws {
    let bench = try LifecycleBench([LifecycleBench.server("ollama", ",load=20")])
    try bench.simulator.fault(#"{"backend":"one","kind":"load_fails","ms":20,"count":1}"#)
    let failed = try nexus(bench, "models", "load", "cold", "--backend", "one")
    #expect(failed.status == 1)
    #expect(failed.output.isEmpty)
    #expect(failed.errors.contains("Error: Loading cold on one: "), "\(failed.errors)")
    let unknown = try nexus(bench, "models", "load", "cold", "--backend", "onn")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("one"), "\(unknown.errors)")
    let unloaded = try nexus(bench, "models", "unload", "cold")
    #expect(unloaded.status == 1, "\(unloaded.output)")
    let halfSaid = try nexus(bench, "models", "migrate", "cold", "--from", "one")
    #expect(halfSaid.status == 2)
    #expect(halfSaid.errors.contains("--to"))
    #expect(try nexus(bench, "models", "lod", "cold").errors.contains("Did you mean 'load'?"))
    #expect(try nexus(bench, "jobs", "op-0").status == 1)
  }

  /// Whoever stops watching does not stop the job.
  @Test func interruptEndsTheWatchingOnly() throws {
    let bench = try LifecycleBench([LifecycleBench.server("ollama", ",load=60000")])
    let child = try ChildProcess(
      ProgramRun.nexus, arguments: ["models", "load", "cold", "--backend", "one"],
      environment: bench.household.environment(bench.gateway))
    #expect(ProcessFigures.wait { child.log.contains("Loading cold") })
    let id = try bench.current()
    child.signal(SIGINT)
    #expect(try child.waitForExit() == 128 + SIGINT)
    #expect(child.log.contains("The gateway goes on. 'nexus jobs \(id)'"), "\(child.log)")
    #expect(try bench.current() == id)
    let cancelled = try nexus(bench, "jobs", "--cancel", id)
    #expect(cancelled.status == 0, "\(cancelled.errors)")
    #expect(cancelled.output.contains("cancelled"))
    #expect(try bench.current() == "none")
    let begun = try nexus(bench, "models", "load", "cold", "--no-wait")
    #expect(begun.status == 0, "\(begun.errors)")
    #expect(begun.output.contains("begun as op-"), "\(begun.output)")
  }
}
