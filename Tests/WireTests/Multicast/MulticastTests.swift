import Foundation
import Testing

/// Servers that announce themselves, heard through a real avahi-daemon.
@Suite struct MulticastTests {
  @Test func anAnnouncedServerIsServedAndForgottenWhenItGoes() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let simulator = try SimulatorProcess(["ollama:0,name=attic,model=m1"])
    defer { simulator.stop() }
    let port = simulator.ports[0]
    let gateway = try DiscoveringGateway(avahi)
    let publisher = try avahi.publish("Attic", "_ollama._tcp", port: port)
    defer { publisher.kill() }
    let published = Date()
    #expect(try ProcessFigures.wait { try gateway.lists("m1") })
    let time = Date().timeIntervalSince(published)
    #expect(time < 2, "routable after \(time) s")
    #expect(try gateway.chat("m1").status == 200)
    let backend = try gateway.backends()[port] ?? [:]
    #expect(backend["type"] as? String == "ollama", "\(backend)")

    publisher.signal(SIGTERM)
    let withdrawn = Date()
    // One second for the farewell (RFC 6762 §10.1), one of grace.
    try gateway.waitForLoss(port, within: 5)
    let absence = Date().timeIntervalSince(withdrawn)
    #expect(absence < 3.5, "forgotten after \(absence) s")
    #expect(try ProcessFigures.wait { try !gateway.lists("m1") })
    #expect(try gateway.chat("m1").status == 503)
  }

  @Test func aTextRecordSaysWhatItIs() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let simulator = try SimulatorProcess(["vllm:0,name=v,model=m1", "generic:0,name=g,model=m2"])
    defer { simulator.stop() }
    let gateway = try DiscoveringGateway(avahi)
    let publishers = [
      try avahi.publish(
        "One", "_llm._tcp", port: simulator.ports[0], "type=vllm", "api_path=/v1", "version=1"),
      // What it says is wrong: what it answers counts.
      try avahi.publish("Two", "_llm._tcp", port: simulator.ports[1], "type=vllm", "api_path=/v1"),
    ]
    defer { for publisher in publishers { publisher.kill() } }
    for (port, type) in zip(simulator.ports, ["vllm", "generic"]) {
      try gateway.waitForBackend(port)
      #expect(try gateway.backends()[port]?["type"] as? String == type)
    }
  }

  @Test func aServerUnderANewNameIsTheSame() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let simulator = try SimulatorProcess(["ollama:0,name=attic,model=m1"])
    defer { simulator.stop() }
    let port = simulator.ports[0]
    let gateway = try DiscoveringGateway(avahi)
    let old = try avahi.publish("Attic", "_ollama._tcp", port: port)
    defer { old.kill() }
    try gateway.waitForBackend(port)
    let new = try avahi.publish("Cellar", "_ollama._tcp", port: port)
    defer { new.kill() }
    old.signal(SIGTERM)
    // One that is announced later, and gone again: by then the old name is forgotten.
    let mark = try SimulatorProcess(["ollama:0,name=mark,model=m2"])
    defer { mark.stop() }
    let last = try avahi.publish("Mark", "_ollama._tcp", port: mark.ports[0])
    try gateway.waitForBackend(mark.ports[0])
    last.kill()
    try gateway.waitForLoss(mark.ports[0])
    #expect(try gateway.backends().count == 1)
    #expect(try gateway.chat("m1").status == 200)
  }

  @Test func withoutTheDaemonWhatWasFoundStays() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let simulator = try SimulatorProcess(["ollama:0,name=a,model=m1", "ollama:0,name=b,model=m2"])
    defer { simulator.stop() }
    let gateway = try DiscoveringGateway(avahi)
    let first = try avahi.publish("A", "_ollama._tcp", port: simulator.ports[0])
    defer { first.kill() }
    try gateway.waitForBackend(simulator.ports[0])
    try avahi.order("kill")
    try gateway.waitForLog("the local network cannot be asked for servers")
    #expect(try gateway.chat("m1").status == 200)

    try avahi.order("start")
    // What announced the first has ended with the daemon.
    let again = try avahi.publish("A", "_ollama._tcp", port: simulator.ports[0])
    defer { again.kill() }
    let second = try avahi.publish("B", "_ollama._tcp", port: simulator.ports[1])
    defer { second.kill() }
    try gateway.waitForBackend(simulator.ports[1])
    try gateway.waitForBackend(simulator.ports[0])
    #expect(gateway.count("the local network cannot be asked for servers") == 1)
    #expect(gateway.count("the local network is asked for servers again") == 1)
    #expect(try gateway.chat("m1").status == 200)
  }
}
