import Foundation
import Glibc
import Testing

/// What a service manager hears from the gateway, and the sockets that it passes.
@Suite(.serialized) struct ServiceManagerTests {
  private static let chat = LoadClient.post(
    "/v1/chat/completions", #"{"model":"m1","messages":[]}"#)

  /// Ready when the doors are open, reloading, alive, stopping: over a path and an abstract name.
  @Test(arguments: [false, true]) func hearsOfEveryState(isAbstract: Bool) throws {
    let manager = try NotifySocket(isAbstract: isAbstract)
    defer { manager.close() }
    let gateway = try GatewayProcess(
      arguments: [],
      environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"])
    defer { gateway.kill() }
    let ready = try manager.wait(for: "READY=1")
    #expect(ready.contains("STATUS=listening on http://127.0.0.1:\(gateway.port)"), "\(ready)")
    #expect(ProcessFigures.wait { manager.count(of: "WATCHDOG=1") >= 5 })

    let before = manager.all.count
    gateway.signal(SIGHUP)
    let reloading = try manager.wait(for: "RELOADING=1", after: before)
    #expect(reloading.contains("\nMONOTONIC_USEC="), "\(reloading)")
    try manager.wait(for: "READY=1", after: before)

    gateway.terminate()
    let stopping = try manager.wait(for: "STOPPING=1")
    #expect(stopping.contains("\nEXTEND_TIMEOUT_USEC="), "\(stopping)")
    try gateway.expectExit()
  }

  /// A watchdog that is meant for another process is none, and without one there are no signs.
  @Test func aWatchdogOfAnotherProcess() throws {
    let manager = try NotifySocket(isAbstract: true)
    defer { manager.close() }
    let gateway = try GatewayProcess(
      arguments: [],
      environment: [
        "NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1",
      ])
    defer { gateway.kill() }
    try manager.wait(for: "READY=1")
    gateway.terminate()
    try manager.wait(for: "STOPPING=1")
    try gateway.expectExit()
    #expect(manager.count(of: "WATCHDOG=1") == 0)
  }

  /// When one worker hangs, the signs of life stop, although the others go on.
  @Test func aHangingThreadEndsTheSignsOfLife() throws {
    let driver = try ExampleDriver.hanging()
    let manager = try NotifySocket(isAbstract: true)
    defer { manager.close() }
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    let gateway = try GatewayProcess(
      arguments: [
        "--plugins", driver.path, "--threads", "2",
        "--backend", "http://127.0.0.1:\(backend.port),type=minimal",
      ],
      environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"])
    defer { gateway.kill() }
    try waitForBackend(gateway)
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    try client.send(Self.chat)
    #expect(ProcessFigures.wait { gateway.log.contains("a thread does not respond thread=") })
    let signs = manager.count(of: "WATCHDOG=1")
    #expect(signs > 0)
    // Three times as long as a sign of life may be missing.
    Thread.sleep(forTimeInterval: 0.6)
    #expect(manager.count(of: "WATCHDOG=1") == signs)
  }

  private func waitForBackend(_ gateway: GatewayProcess) throws {
    try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
  }

  // MARK: Sockets

  /// Clients that come before the gateway is there, or while one takes the place of the other, wait
  /// in the passed socket; nobody is refused.
  @Test func aPassedSocketOutlivesTheGateway() throws {
    let (socket, port) = try Sockets.listen()
    defer { close(socket) }
    for _ in 0..<2 {
      let early = try LoadClient(port: port)
      defer { early.close() }
      try early.send(LoadClient.get("/health"))
      let gateway = try GatewayProcess(arguments: ["--threads", "3"], socket: socket)
      defer { gateway.kill() }
      #expect(gateway.port == port)
      #expect(try early.receive().status == 200)
      let late = try (0..<50).map { _ in try LoadClient(port: port) }
      for client in late { try client.send(LoadClient.get("/health")) }
      for client in late {
        #expect(try client.receive().status == 200)
        client.close()
      }
      gateway.terminate()
      try gateway.expectExit()
    }
  }

  /// All workers take connections from the one socket: one that hangs is no loss to the others.
  @Test func everyWorkerListensOnAPassedSocket() throws {
    let driver = try ExampleDriver.hanging()
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    let (socket, port) = try Sockets.listen()
    defer { close(socket) }
    let gateway = try GatewayProcess(
      arguments: [
        "--plugins", driver.path, "--threads", "3",
        "--backend", "http://127.0.0.1:\(backend.port),type=minimal",
      ], environment: ["WATCHDOG_USEC": "200000"], socket: socket)
    defer { gateway.kill() }
    try waitForBackend(gateway)
    let hanging = try LoadClient(port: port)
    defer { hanging.close() }
    try hanging.send(Self.chat)
    #expect(ProcessFigures.wait { gateway.log.contains("a thread does not respond thread=") })
    for _ in 0..<50 {
      let answer = try LoadClient(port: port).using {
        try $0.exchange(LoadClient.get("/health"))
      }
      #expect(answer.status == 200)
    }
  }

  /// A descriptor that cannot be listened on is told, with what to do.
  @Test func aPassedFileIsNoSocket() throws {
    let child = try ChildProcess(
      "/bin/sh",
      arguments: [
        "-c", GatewayProcess.passing,
        GatewayProcess.staged.appendingPathComponent("bin/nexus").path, "serve", "--port", "0",
      ])
    #expect(try child.waitForExit() == 1)
    #expect(ProcessFigures.wait { child.log.contains("descriptor 3") })
    #expect(child.log.contains("ListenStream=PORT"), "\(child.log)")
  }

  /// Sockets that are meant for another process are left alone.
  @Test func socketsOfAnotherProcess() throws {
    let gateway = try GatewayProcess(
      arguments: [], environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"])
    defer { gateway.kill() }
    #expect(try gateway.get("/health").contains("status"))
    gateway.terminate()
    try gateway.expectExit()
  }
}
