import Foundation
import Glibc

import Seeded
import Testing

/// What outlives the gateway.
@Suite struct GatewayStateTests {
  /// `kill -9` of a gateway in the middle of commands, again and again: the next one always starts,
  /// and knows everything that was answered and nothing that was not asked.
  @Test func killsLoseNoCommandThatWasAnswered() async throws {
    let lanes = 4
    let simulator = try Self.servers()
    defer { simulator.stop() }
    let urls = simulator.backends.map(\.url)
    await withTaskGroup(of: String?.self) { group in
      for lane in 0..<lanes {
        group.addTask {
          await Self.onThread {
            try Self.killAgainAndAgain(500 / lanes, urls, seed: UInt64(lane))
          }
        }
      }
      for await failure in group.compactMap({ $0 }) { Issue.record("\(failure)") }
    }
  }

  /// What goes wrong in work that blocks, and so has a thread of its own.
  private static func onThread(_ work: @escaping @Sendable () throws -> Void) async -> String? {
    await withCheckedContinuation { continuation in
      _ = Worker {
        do {
          try work()
          continuation.resume(returning: nil)
        } catch {
          continuation.resume(returning: "\(error)")
        }
      }
    }
  }

  /// Five servers that answer at once, so that nothing waits for them.
  private static func servers() throws -> SimulatorProcess {
    try SimulatorProcess((1...5).map { "llamacpp:0,name=b\($0),model=m\($0),ttft=1,tps=0" })
  }

  private static func killAgainAndAgain(_ kills: Int, _ urls: [String], seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let state = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: state) }
    // A start with one driver is quicker.
    let plugins = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: plugins) }
    try FileManager.default.copyItem(
      at: GatewayProcess.staged.appendingPathComponent("lib/nexus/llamacpp.so"),
      to: URL(fileURLWithPath: plugins).appendingPathComponent("llamacpp.so"))
    var possible: [FleetCommand.Fleet] = [[:]]
    for round in 0..<kills {
      let gateway = try GatewayProcess(
        arguments: ["--state-dir", state, "--plugins", plugins, "--threads", "1"])
      defer { gateway.remove() }
      let found = try FleetCommand.fleet(of: gateway, urls)
      guard possible.contains(found) else {
        throw CaseFailure(
          "seed \(seed), round \(round): \(found) is none of \(possible); log:\n\(gateway.log)")
      }
      do {
        possible = try killAmongCommands(gateway, found, urls, &random)
      } catch {
        throw CaseFailure("seed \(seed), round \(round): \(error)")
      }
    }
  }

  /// Sends several commands at once and kills the gateway when it has answered some of them. Gives
  /// what may hold then: what was answered, and perhaps some of the rest.
  private static func killAmongCommands(
    _ gateway: GatewayProcess, _ fleet: FleetCommand.Fleet, _ urls: [String],
    _ random: inout SeededRandom
  ) throws -> [FleetCommand.Fleet] {
    var fleet = fleet
    var fleets = [fleet]
    var commands: [FleetCommand] = []
    for _ in 0..<1 + random.below(12) {
      let command = FleetCommand(on: fleet, &random)
      command.apply(to: &fleet)
      commands.append(command)
      fleets.append(fleet)
    }
    let answered = random.below(fleets.count)
    let client = try LoadClient(path: gateway.controlSocket)
    defer { client.close() }
    try client.send(commands.flatMap { $0.request(urls) })
    for command in commands.prefix(answered) {
      let answer = try client.receive()
      guard answer.status == command.success else {
        throw CaseFailure("\(command) was answered with \(answer.text)")
      }
    }
    gateway.kill()
    return Array(fleets[answered...])
  }

  @Test func aDamagedJournalIsSaidAndPreventsNoStart() throws {
    let state = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: state) }
    let simulator = try Self.servers()
    defer { simulator.stop() }
    let urls = simulator.backends.map(\.url)
    let first = try GatewayProcess(arguments: ["--state-dir", state])
    defer { first.remove() }
    try LoadClient(path: first.controlSocket).using { client in
      for backend in 1...3 {
        let answer = try client.exchange(FleetCommand.add(backend).request(urls))
        #expect(answer.status == 201)
      }
    }
    first.kill()
    let journal = URL(fileURLWithPath: "\(state)/journal")
    var bytes = try Data(contentsOf: journal)
    let name = try #require(bytes.firstRange(of: Data(urls[1].utf8)))
    bytes[name.lowerBound] ^= 1
    try bytes.write(to: journal)

    let second = try GatewayProcess(arguments: ["--state-dir", state])
    defer { second.remove() }
    #expect(try FleetCommand.fleet(of: second, urls) == [1: false, 3: false])
    #expect(ProcessFigures.wait { second.log.contains("journal.damaged-1") })
    #expect(second.log.contains("about 1 records cannot be read"))
    second.kill()
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(state)/journal.damaged-1")) == bytes)
  }

  @Test func oneDirectoryHasOneGateway() throws {
    let state = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: state) }
    let first = try GatewayProcess(arguments: ["--state-dir", state])
    defer { first.remove() }
    let second = try ChildProcess(
      GatewayProcess.staged.appendingPathComponent("bin/nexus").path,
      arguments: ["serve", "--port", "0", "--no-probe", "--state-dir", state],
      environment: ["RUNTIME_DIRECTORY": first.runtimeDirectory])
    #expect(try second.waitForExit() == 1)
    #expect(
      ProcessFigures.wait {
        second.log.contains("is in use by another gateway, process \(first.identifier)")
      })
    first.terminate()
    try first.expectExit()
    let third = try GatewayProcess(arguments: ["--state-dir", state])
    third.remove()
  }

  @Test func anUnusableDirectoryIsExplained() throws {
    let state = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: state) }
    chmod(state, 0o777)
    let refused = try ChildProcess(
      GatewayProcess.staged.appendingPathComponent("bin/nexus").path,
      arguments: ["serve", "--port", "0", "--no-probe", "--state-dir", state],
      environment: ["RUNTIME_DIRECTORY": state + "/runtime"])
    #expect(try refused.waitForExit() == 1)
    #expect(ProcessFigures.wait { refused.log.contains("chmod o-w") })
  }

  private static func folder() throws -> String {
    let path = "\(NSTemporaryDirectory())/nexus-state-\(UUID().uuidString.prefix(8))"
    guard mkdir(path, 0o700) == 0 else { throw CaseFailure("cannot make \(path)") }
    return path
  }
}

extension GatewayProcess {
  /// Kills it, and removes what that leaves.
  fileprivate func remove() {
    kill()
    try? FileManager.default.removeItem(atPath: runtimeDirectory)
  }
}
