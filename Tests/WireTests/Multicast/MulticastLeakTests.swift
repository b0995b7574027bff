import Foundation
import Testing

/// A thousand servers that come and go leave nothing behind.
@Suite struct MulticastLeakTests {
  private static let servers = 100
  /// A thousand cycles.
  private static let rounds = 10
  /// What is resident rises while buffers, pools and the heap find their size, by no fixed number of
  /// rounds. Then it stays: a leak of 150 bytes a cycle would not let so many rounds pass.
  private static let quietRounds = 5
  private static let quietGrowth = 64
  private static let mostRounds = 60

  @Test func aThousandComeAndGo() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let simulator = try SimulatorProcess(
      (0..<Self.servers).map { "generic:0,name=s\($0),model=m\($0)" })
    defer { simulator.stop() }
    let gateway = try DiscoveringGateway(
      avahi, "announce = false",
      // Freed memory goes back, so that what is resident is what is in use.
      environment: ["MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "0"])
    try gateway.reload("grace_period_seconds = 0")
    let publisher = try Self.publisher(avahi, simulator.ports)

    for _ in 0..<Self.rounds { try playRound(gateway, publisher) }
    let identifier = gateway.gateway.identifier
    let descriptors = ProcessFigures.descriptors(of: identifier)
    var figures = [ProcessFigures.residentKiB(of: identifier)]
    while !Self.isQuiet(figures), figures.count < Self.mostRounds {
      try playRound(gateway, publisher)
      figures.append(ProcessFigures.residentKiB(of: identifier))
    }
    #expect(Self.isQuiet(figures), "KiB resident, round by round: \(figures)")
    let settled = ProcessFigures.wait(seconds: 5) {
      ProcessFigures.descriptors(of: identifier) <= descriptors + 4
    }
    #expect(
      settled, "\(descriptors) descriptors, then \(ProcessFigures.descriptors(of: identifier))")
    #expect(publisher.end() == 0)
    gateway.gateway.terminate()
    try gateway.gateway.expectExit()
  }

  private static func isQuiet(_ figures: [Int]) -> Bool {
    let last = figures.suffix(quietRounds + 1)
    guard last.count > quietRounds, let first = last.first, let most = last.max() else {
      return false
    }
    return most - first <= quietGrowth
  }

  private func playRound(_ gateway: DiscoveringGateway, _ publisher: OrderedProcess) throws {
    try publisher.order("publish")
    var seen = 0
    let all = try ProcessFigures.wait(seconds: 20) {
      seen = try gateway.backends().count
      return seen == Self.servers
    }
    #expect(all, "\(seen) of \(Self.servers) were found")
    try publisher.order("withdraw")
    let none = try ProcessFigures.wait(seconds: 20) {
      seen = try gateway.backends().count
      return seen == 0
    }
    #expect(none, "\(seen) of \(Self.servers) are left")
  }

  /// The program of Tests/Tools that announces many services at once.
  private static func publisher(
    _ avahi: PrivateAvahi, _ ports: [UInt16]
  ) throws -> OrderedProcess {
    let folder = try TestFolder()
    let program = folder.url.appendingPathComponent("publish-services").path
    let source = GatewayProcess.package.appendingPathComponent("Tests/Tools/publish-services.c")
    let build = try ProgramRun(
      "/usr/bin/env",
      arguments: ["cc", "-o", program, source.path, "-lavahi-client", "-lavahi-common"])
    guard build.status == 0 else { throw CaseFailure(build.errors) }
    return try OrderedProcess(
      program, ["_llm._tcp"] + ports.map { "\($0)" }, environment: avahi.environment)
  }
}
