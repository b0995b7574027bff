import Foundation
import Testing

/// The gateway in the local network: it says where it is, and no gateway takes another for a server.
@Suite struct AnnouncementTests {
  private static let types = ["_nexus._tcp", "_llm._tcp"]

  /// Waits until a type has so many announcements with the text in them.
  private func wait(
    _ avahi: PrivateAvahi, _ type: String, _ count: Int, with text: String
  ) throws {
    var last: [String] = []
    let came = try ProcessFigures.wait {
      last = try avahi.announced(type)
      return last.count { $0.contains(text) } == count
    }
    #expect(came, "\(count) times '\(text)' in \(last)")
  }

  @Test func itAnnouncesItselfAsLongAsItServes() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let gateway = try DiscoveringGateway(avahi, #"announce_name = "the gate""#, host: "0.0.0.0")
    let port = gateway.gateway.port
    for type in Self.types {
      try wait(avahi, type, 1, with: ";the\\032gate;")
      let line = try avahi.announced(type).first ?? ""
      for text in [
        ";\(port);", "\"type=nexus\"", "\"version=", "\"api_path=/v1\"", "\"id=",
      ] {
        #expect(line.contains(text), "\(line)")
      }
    }
    try gateway.waitForLog("announced in the local network")

    try gateway.reload(#"announce_name = "door""#)
    try wait(avahi, "_nexus._tcp", 1, with: ";door;")
    try wait(avahi, "_nexus._tcp", 0, with: ";the\\032gate;")
    try gateway.reload("announce = false")
    try wait(avahi, "_nexus._tcp", 0, with: ";\(port);")
    try gateway.reload(#"announce_name = "door""#)
    try wait(avahi, "_nexus._tcp", 1, with: ";door;")
    #expect(try gateway.backends().isEmpty)

    // A client that waits for its answer keeps the gateway, but not the announcement.
    let slow = try SimulatorProcess(["generic:0,name=slow,model=slow,ttft=60000"])
    defer { slow.stop() }
    let added = try gateway.gateway.control(
      "POST", "/backends", #"{"name":"slow","url":"\#(slow.backends[0].url)"}"#)
    #expect(added.status == 201)
    let client = try LoadClient(port: port)
    defer { client.close() }
    try client.send(
      LoadClient.post("/v1/chat/completions", #"{"model":"slow","messages":[]}"#))
    #expect(try ProcessFigures.wait { try slow.count("in_flight", of: "slow") == 1 })
    gateway.gateway.terminate()
    try wait(avahi, "_nexus._tcp", 0, with: ";\(port);")
    #expect(gateway.gateway.isRunning)
    client.close()
    try gateway.gateway.expectExit()
  }

  @Test func itIsCalledLikeTheMachine() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let gateway = try DiscoveringGateway(avahi, host: "0.0.0.0")
    let machine = ProcessInfo.processInfo.hostName.split(separator: ".").first ?? ""
    try wait(avahi, "_nexus._tcp", 1, with: ";\(machine);")
    // A second one of the same machine gets a number.
    let second = try DiscoveringGateway(avahi, host: "0.0.0.0")
    try wait(avahi, "_nexus._tcp", 1, with: ";\(machine)\\032\\0352;")
    #expect(gateway.gateway.isRunning && second.gateway.isRunning)
  }

  @Test func onLoopbackItIsSilent() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let silent = try DiscoveringGateway(avahi, #"announce_name = "silent""#)
    // When the one that came later is there, so would the other be.
    let open = try DiscoveringGateway(avahi, #"announce_name = "open""#, host: "0.0.0.0")
    try wait(avahi, "_nexus._tcp", 1, with: ";open;")
    #expect(try avahi.announced("_nexus._tcp").count == 1)
    #expect(silent.count("announced in the local network") == 0)
    #expect(open.gateway.isRunning)
  }

  @Test func gatewaysDoNotFindEachOther() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let gateways = try ["one", "two"].map {
      try DiscoveringGateway(avahi, "announce_name = \"\($0)\"", host: "0.0.0.0")
    }
    try wait(avahi, "_llm._tcp", 2, with: "type=nexus")
    // One that keeps quiet about what it is finds out by the first question.
    let disguised = try avahi.publish("disguised", "_llm._tcp", port: gateways[0].gateway.port)
    defer { disguised.kill() }
    let simulator = try SimulatorProcess(["ollama:0,name=attic,model=m1"])
    defer { simulator.stop() }
    let last = try avahi.publish("Attic", "_ollama._tcp", port: simulator.ports[0])
    defer { last.kill() }
    for gateway in gateways {
      try gateway.waitForBackend(simulator.ports[0])
      #expect(try gateway.backends().count == 1, "\(gateway.gateway.log)")
    }
  }
}
