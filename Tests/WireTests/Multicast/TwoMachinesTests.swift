import Foundation
import Testing

/// A server on one machine, the gateway on another, an avahi-daemon on each.
@Suite struct TwoMachinesTests {
  @Test func aServerOnAnotherMachineIsFoundAndLostWithItsLink() throws {
    guard let machines = try TwoMachines(),
      let theirs = try PrivateAvahi(
        ["--name", "attic"], in: (machines.attic, TwoMachines.interface)),
      let ours = try PrivateAvahi(
        ["--name", "cellar"], in: (machines.cellar, TwoMachines.interface))
    else { return }
    let gateway = try DiscoveringGateway(ours, in: machines.cellar)
    let simulator = try ChildProcess(
      "/usr/bin/env",
      arguments: [
        "ip", "netns", "exec", machines.attic,
        GatewayProcess.staged.appendingPathComponent("bin/nexus-sim").path,
        "--host", TwoMachines.atticAddress, "ollama:0,name=attic,model=m1",
      ])
    defer { simulator.kill() }
    let line = try simulator.line(containing: "backend attic")
    let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
    let publisher = try theirs.publish("Attic", "_ollama._tcp", port: port)
    defer { publisher.kill() }

    try gateway.waitForBackend(port)
    let backend = try #require(try gateway.backends()[port])
    #expect(backend["url"] as? String == "http://\(TwoMachines.atticAddress):\(port)")
    #expect(backend["zone"] as? String == "open", "\(backend)")
    #expect(backend["discovery_source"] as? String == "discovered")
    let answer = try ProgramRun(
      "/usr/bin/env",
      arguments: [
        "ip", "netns", "exec", machines.cellar, "curl", "-s",
        "http://127.0.0.1:\(gateway.gateway.port)/v1/chat/completions", "-H",
        "Content-Type: application/json", "-d", DiscoveringGateway.chat("m1"),
      ])
    #expect(answer.json["choices"] != nil, "\(answer.output) \(answer.errors)")

    try machines.unplug()
    try gateway.waitForLoss(port, within: 15)
    gateway.gateway.terminate()
    try gateway.gateway.expectExit()
  }
}
