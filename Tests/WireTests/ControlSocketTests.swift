import Foundation
import Glibc
import Testing

/// The control socket itself: whose it is, where it is, and what becomes of it.
@Suite struct ControlSocketTests {
  private func mode(_ path: String) -> mode_t? {
    var found = stat()
    return lstat(path, &found) == 0 ? found.st_mode & 0o7777 : nil
  }

  /// The process's mask must neither open the socket to others nor close it to its owner.
  @Test(arguments: ["000", "077", "777"]) func isForItsOwnerAlone(mask: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "nexus-test-\(UUID().uuidString.prefix(8))"
    ).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let program = GatewayProcess.staged.appendingPathComponent("bin/nexus").path
    let process = try ChildProcess(
      "/bin/sh",
      arguments: [
        "-c", "umask \(mask); exec \"$0\" serve --port 0 --no-probe", program,
      ], environment: ["RUNTIME_DIRECTORY": folder])
    defer { process.kill() }
    _ = try process.line(containing: " listening on ")
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
    #expect(mode(folder) == 0o700)
    #expect(mode("\(folder)/\(name)") == 0o600)
    #expect(try GatewayProcess.control("\(folder)/\(name)", "GET", "/status").status == 200)
    process.signal(SIGTERM)
    #expect(try process.waitForExit() == 0)
    #expect(mode("\(folder)/\(name)") == nil, "the socket outlives its gateway")
  }

  /// Nobody else is answered, even if somebody opened the way for them.
  @Test func anotherUserIsRefused() throws {
    guard geteuid() == 0, let setpriv = Self.tool("setpriv"), let curl = Self.tool("curl") else {
      return print("skipped: needs root, setpriv and curl")
    }
    let gateway = try GatewayProcess(arguments: [])
    defer { gateway.kill() }
    func ask() throws -> String {
      let process = try ChildProcess(
        setpriv,
        arguments: [
          "--reuid=65534", "--regid=65534", "--clear-groups", curl, "-sS", "--unix-socket",
          gateway.controlSocket, "-w", "\nended with %{http_code}\n", "http://nexus/status",
        ])
      return try process.line(containing: "ended with") + process.lines.joined()
    }
    #expect(try ask().contains("ended with 000"))
    chmod(gateway.runtimeDirectory, 0o755)
    chmod(gateway.controlSocket, 0o666)
    let told = try ask()
    #expect(told.contains("ended with 403"))
    #expect(told.contains(#"{"error":{"code":"not_allowed""#))
    #expect(!told.contains("pid"))
    #expect(try gateway.control("GET", "/status").status == 200)
  }

  /// A gateway that was killed leaves its socket; the next one takes the place. A live one's place is
  /// not taken, and whoever tries is told what to do.
  @Test func takesThePlaceOfADeadGatewayOnly() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "nexus-test-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("c.sock").path
    let first = try GatewayProcess(arguments: ["--control-socket", path])
    defer { first.kill() }
    let refused = try ChildProcess(
      GatewayProcess.staged.appendingPathComponent("bin/nexus").path,
      arguments: ["serve", "--port", "0", "--no-probe", "--control-socket", path])
    #expect(try refused.waitForExit() == 1)
    #expect(ProcessFigures.wait { refused.log.contains("another process listens at \(path)") })
    #expect(refused.log.contains("--control-socket"))
    #expect(
      try GatewayProcess.control(path, "GET", "/status").object["pid"] as? Int
        == Int(first.identifier))

    first.kill()
    #expect(mode(path) != nil)
    let second = try GatewayProcess(arguments: ["--control-socket", path])
    defer { second.kill() }
    #expect(
      try GatewayProcess.control(path, "GET", "/status").object["pid"] as? Int
        == Int(second.identifier))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["c.sock"])
  }

  /// A place that was named must do; without a usable usual place the gateway serves all the same.
  @Test func whereThereIsNoSafePlace() throws {
    let open = FileManager.default.temporaryDirectory.appendingPathComponent(
      "nexus-test-\(UUID().uuidString.prefix(8))"
    ).path
    mkdir(open, 0o700)
    chmod(open, 0o777)
    defer { rmdir(open) }
    let refused = try ChildProcess(
      GatewayProcess.staged.appendingPathComponent("bin/nexus").path,
      arguments: ["serve", "--port", "0", "--no-probe", "--control-socket", "\(open)/c.sock"])
    #expect(try refused.waitForExit() == 1)
    #expect(ProcessFigures.wait { refused.log.contains("may be written by others") })

    // All usual places: the first is open to others, and no other one is ours to make.
    guard geteuid() != 0 else { return print("root always has a place: /run/nexus") }
    let other = try GatewayProcess(
      arguments: [], environment: ["RUNTIME_DIRECTORY": open, "XDG_RUNTIME_DIR": open])
    defer { other.kill() }
    #expect(try other.get("/health").contains("status"))
  }

  private static func tool(_ name: String) -> String? {
    ["/usr/bin/\(name)", "/bin/\(name)"].first { access($0, X_OK) == 0 }
  }
}
