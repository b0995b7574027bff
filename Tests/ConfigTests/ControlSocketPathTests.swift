import Config
import Testing

@Suite struct ControlSocketPathTests {
  private func server(
    _ environment: [String: String], named: String? = nil, user: UInt32 = 1000
  ) -> [String] {
    ControlSocketPath.forServer(
      named: named, port: 8000, environment: { environment[$0] }, user: user)
  }

  @Test func aNamedPlaceIsTheOnlyOne() {
    let environment = ["NEXUS_CONTROL_SOCKET": "/e/s", "XDG_RUNTIME_DIR": "/run/user/1000"]
    #expect(server(environment, named: "/n/s") == ["/n/s"])
    #expect(server(environment) == ["/e/s"])
  }

  @Test func theUsualPlacesAreBestFirst() {
    #expect(server([:]) == ["/tmp/nexus-1000/control-8000.sock"])
    #expect(
      server([:], user: 0) == ["/run/nexus/control-8000.sock", "/tmp/nexus-0/control-8000.sock"])
    #expect(
      server([
        "RUNTIME_DIRECTORY": "/run/one:/run/two", "XDG_RUNTIME_DIR": "/run/user/1000",
        "NEXUS_CONTROL_SOCKET": "",
      ]) == [
        "/run/one/control-8000.sock", "/run/user/1000/nexus/control-8000.sock",
        "/tmp/nexus-1000/control-8000.sock",
      ])
    #expect(
      server(["XDG_RUNTIME_DIR": "run", "RUNTIME_DIRECTORY": ":"])
        == ["/tmp/nexus-1000/control-8000.sock"])
  }

  @Test func aClientLooksWhereServersAre() {
    let environment = ["XDG_RUNTIME_DIR": "/run/user/1000"]
    let places = ControlSocketPath.forClient(environment: { environment[$0] }, user: 1000)
    #expect(places == ["/run/user/1000/nexus", "/tmp/nexus-1000", "/run/nexus"])
    for user in [0, 1000] as [UInt32] {
      let places = ControlSocketPath.forClient(environment: { environment[$0] }, user: user)
      for path in server(environment, user: user) {
        #expect(places.contains { "\($0)/control-8000.sock" == path })
      }
      #expect(Set(places).count == places.count)
    }
  }

  @Test func theNameHoldsThePort() {
    #expect(ControlSocketPath.fileName(8000) == "control-8000.sock")
    #expect(ControlSocketPath.port(ofFile: "control-8000.sock") == 8000)
    for name in [
      "control-.sock", "control-08.sock", "control-65536.sock", "control-1.sock.77",
      "control--1.sock",
      "control-+1.sock", "x", "", "control-1.sockcontrol-1.sock",
    ] {
      #expect(ControlSocketPath.port(ofFile: name) == nil, "\(name)")
    }
  }
}
