import Foundation
import Glibc
import Testing

/// How commands find the gateway that is meant.
@Suite struct GatewayFinderTests {
  private struct Run {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs `nexus log-level`, which needs a running gateway, where sockets lie in `folder`.
  private func ask(
    _ folder: String, _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) throws -> Run {
    var all = ["RUNTIME_DIRECTORY": folder, "XDG_RUNTIME_DIR": "", "NEXUS_CONFIG": ""]
    all.merge(environment) { $1 }
    let process = try ChildProcess(
      GatewayProcess.staged.appendingPathComponent("bin/nexus").path,
      arguments: ["log-level"] + arguments, environment: all)
    let status = try process.waitForExit()
    // It may have ended before we have read what it said.
    _ = ProcessFigures.wait(seconds: 5) { !process.lines.isEmpty || !process.log.isEmpty }
    return Run(
      status: status, output: process.lines.joined(separator: "\n"), errors: process.log)
  }

  /// Two gateways with their sockets in one directory, told apart by their log levels.
  private func withTwo(
    _ body: (_ folder: String, _ first: GatewayProcess, _ second: GatewayProcess) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "nexus-test-\(UUID().uuidString.prefix(8))"
    ).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let place = ["RUNTIME_DIRECTORY": folder]
    let first = try GatewayProcess(arguments: ["--log-level", "error"], environment: place)
    defer { first.kill() }
    let second = try GatewayProcess(arguments: ["--log-level", "warn"], environment: place)
    defer { second.kill() }
    try body(folder, first, second)
  }

  @Test func takesTheOneThatIsNamed() throws {
    try withTwo { folder, first, second in
      let path = "\(folder)/control-\(first.port).sock"
      let elsewhere = "\(folder)/nowhere"
      #expect(try ask(folder, ["--port", "\(first.port)"]).output == "error")
      #expect(try ask(folder, [], ["NEXUS_PORT": "\(second.port)"]).output == "warn")
      #expect(
        try ask(folder, ["--port", "\(first.port)"], ["NEXUS_PORT": "\(second.port)"]).output
          == "error")
      #expect(try ask(elsewhere, ["--control-socket", path]).output == "error")
      #expect(try ask(elsewhere, [], ["NEXUS_CONTROL_SOCKET": path]).output == "error")
      let wrong = try ask(folder, [], ["NEXUS_PORT": "eight"])
      #expect(wrong.status == 2 && wrong.errors.contains("NEXUS_PORT"), "\(wrong)")
    }
  }

  @Test func ofSeveralTakesTheConfiguredOne() throws {
    try withTwo { folder, first, second in
      let file = "\(folder)/nexus.toml"
      func configure(_ text: String) throws { try Data(text.utf8).write(to: .init(filePath: file)) }
      try configure("[server]\nport = \(second.port)\n")
      #expect(try ask(folder, ["--config", file]).output == "warn")
      try configure("[server]\ncontrol_socket = \"\(folder)/control-\(first.port).sock\"\n")
      #expect(try ask(folder, ["--config", file]).output == "error")
      try configure("[server]\nport = 1\n")
      let unsure = try ask(folder, ["--config", file])
      #expect(unsure.status == 2)
      #expect(unsure.errors.contains("--port N"))
      for gateway in [first, second] {
        #expect(unsure.errors.contains("control-\(gateway.port).sock"))
      }
      // What a dead gateway left is no choice. Somebody else's gateway on this machine may be one.
      second.kill()
      let only = try ask(folder, ["--config", file])
      #expect(
        only.output == "error" || only.errors.contains("/run/nexus/")
          || only.errors.contains("/tmp/nexus-"), "\(only)")
      #expect(!only.errors.contains("control-\(second.port).sock"))
    }
  }

  /// As under systemd, where the service's directory is also one of the usual places.
  @Test func aDirectoryThatIsNamedTwiceHasNoTwoGateways() throws {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent(
      "nexus-test-\(UUID().uuidString.prefix(8))"
    ).path
    let folder = "\(parent)/nexus"
    defer { try? FileManager.default.removeItem(atPath: parent) }
    let gateway = try GatewayProcess(
      arguments: ["--log-level", "error"], environment: ["RUNTIME_DIRECTORY": folder])
    defer { gateway.kill() }
    let answer = try ask(
      folder, ["--port", "\(gateway.port)"], ["XDG_RUNTIME_DIR": parent])
    #expect(answer.output == "error", "\(answer)")
  }

  @Test func saysWhereItLooked() throws {
    let folder = "\(FileManager.default.temporaryDirectory.path)/nexus-nowhere"
    let none = try ask(folder, ["--port", "1"])
    #expect(none.status == 3)
    #expect(none.errors.contains("control-1.sock in \(folder)"), "\(none.errors)")
    #expect(none.errors.contains("nexus serve"))
    let named = try ask(folder, ["--control-socket", "\(folder)/x"])
    #expect(named.status == 3)
    #expect(named.errors.contains("\(folder)/x"), "\(named.errors)")
  }

  /// Something that listens but is no gateway.
  @Test func aStrangerIsNoGateway() throws {
    let (descriptor, path) = try Sockets.listen(named: "nexus-stranger")
    defer {
      close(descriptor)
      try? FileManager.default.removeItem(atPath: path)
    }
    let accepted = Worker {
      // The first connection only asks whether somebody listens.
      for _ in 0..<2 {
        guard let peer = Sockets.accept(descriptor) else { return }
        _ = send(peer, "SSH-2.0-OpenSSH_9.2\r\n", 21, Int32(MSG_NOSIGNAL))
        close(peer)
      }
    }
    let answer = try ask("/nowhere", ["--control-socket", path])
    accepted.join()
    #expect(answer.status == 3)
    #expect(answer.errors.contains("did not answer"), "\(answer.errors)")
  }
}
