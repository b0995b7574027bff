import Foundation
import Testing

/// A thousand servers that come and go leave nothing behind.
@Suite struct MulticastLeakTests {
  private static let servers = 100
  private static let rounds = 10
  private static let firstRounds = 3

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

    // The first rounds bring buffers, pools and the log to their size.
    for _ in 0..<Self.firstRounds { try playRound(gateway, publisher) }
    let identifier = gateway.gateway.identifier
    let descriptors = ProcessFigures.descriptors(of: identifier)
    let resident = ProcessFigures.residentKiB(of: identifier)
    for _ in Self.firstRounds..<Self.rounds { try playRound(gateway, publisher) }
    let settled = ProcessFigures.wait(seconds: 5) {
      ProcessFigures.descriptors(of: identifier) <= descriptors + 4
    }
    #expect(
      settled, "\(descriptors) descriptors, then \(ProcessFigures.descriptors(of: identifier))")
    let after = ProcessFigures.residentKiB(of: identifier)
    #expect(after <= resident + 1024, "\(resident) KiB before, \(after) after")
    #expect(publisher.end() == 0)
    gateway.gateway.terminate()
    try gateway.gateway.expectExit()
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
