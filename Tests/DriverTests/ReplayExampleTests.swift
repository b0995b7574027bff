import Foundation
import Testing

@testable import Drivers

/// The driver in C that docs/PLUGIN_ABI.md shows.
@Suite struct ReplayExampleTests {
  private let source = repositoryRoot.path + "/examples/minimal-c/minimal.c"

  private func load() throws -> Driver {
    let folder = try TemporaryFolder()
    let path = folder.path + "/minimal.so"
    _ = try output(
      "clang", "-std=c99", "-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", "-shared", "-fPIC",
      "-fvisibility=hidden", "-I", repositoryRoot.path + "/Sources/NexusPluginABI/include", "-o",
      path, source)
    return try DriverLoader.load(path: path)
  }

  @Test func survey() throws {
    let driver = try load()
    #expect(driver.descriptor.id == "org.example.minimal")
    for cut in [Cut.whole, .every(1)] {
      let found = Replay.run(driver, DriverOperation(kind: .survey), cut: cut) {
        ReplayServers.generic($0, $1)
      }
      #expect(found.verdict == .done)
      #expect(found.reports.health?.state == .ready)
      #expect(found.reports.models.map(\.id).contains("gpt-4o-mini"))
    }
  }

  @Test func chat() throws {
    let driver = try load()
    let body = #"{"model":"alias","messages":[]}"#
    let fixture = try ReplayFixture("chat_stream_usage")
    let relayed = Replay.run(
      driver, Replay.operation(.chat, stream: true, model: "real", body: body),
      body: Array(body.utf8), cut: .every(50)
    ) { _, _ in fixture.reply }
    #expect(relayed.verdict == .relay)
    #expect(
      relayed.requests == [#"POST /v1/chat/completions {"model":"real","messages":[]}"#])
    let refused = Replay.run(driver, DriverOperation(kind: .chat)) { _, _ in Reply(500) }
    #expect(refused.outcome == "upstream_broken")
    let broken = Replay.run(driver, DriverOperation(kind: .chat)) { _, _ in .broken(.connect) }
    #expect(broken.outcome == "upstream_broken")
  }

  @Test func shortAndIdenticalInTheGuide() throws {
    let code = try String(contentsOfFile: source, encoding: .utf8)
    let guide = try String(
      contentsOfFile: repositoryRoot.path + "/docs/PLUGIN_ABI.md", encoding: .utf8)
    #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count <= 80)
    #expect(guide.contains("```c\n\(code)```"), "the guide shows another driver")
  }
}
