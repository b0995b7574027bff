import Foundation
import Testing

/// The drivers that ship, and the one in the guide, pass.
@Suite(.serialized) struct OwnDriverTests {
  @Test(arguments: ["exo", "llamacpp", "lmstudio", "ollama", "openai", "vllm"])
  func passes(_ name: String) throws {
    let file = CheckRun.staged.appendingPathComponent("lib/nexus/\(name).so").path
    let run = try CheckRun([file, "--json"])
    #expect(try run.failed() == [], "\(run.output)")
    #expect(try run.plays() > 10_000, "hardly anything was played")
  }

  @Test func example() throws {
    let place = try CompiledDrivers()
    let file = try place.compile(
      CheckRun.repository.appendingPathComponent("examples/minimal-c/minimal.c").path)
    let run = try CheckRun([file, "--json"])
    #expect(try run.failed() == [], "\(run.output)")
  }
}
