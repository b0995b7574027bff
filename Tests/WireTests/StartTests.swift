import Foundation
import Glibc
import Testing

/// Starts that cannot be, or not as they were meant.
@Suite struct StartTests {
  /// What keeps a gateway from starting is told with the way out: a port in use with who uses it, and
  /// how to take over if that is a gateway.
  @Test func aStartThatCannotBe() throws {
    let gateway = try GatewayProcess(arguments: [])
    defer { gateway.kill() }
    let nexus = try complaint("--port", "\(gateway.port)")
    #expect(
      nexus.contains(
        "in use by another nexus (process \(gateway.identifier)). Take the port over"), "\(nexus)")
    let (socket, port) = try Sockets.listen()
    defer { close(socket) }
    let own = try complaint("--port", "\(port)")
    #expect(own.contains("(process \(getpid()))"), "\(own)")
    #expect(own.contains("--port \(port + 1)"), "\(own)")
    let foreign = try complaint("--host", "192.0.2.1")
    #expect(foreign.contains("not an address of this machine"), "\(foreign)")
  }

  /// A directory of drivers that is not there is told as what it is.
  @Test func aMissingPluginDirectory() throws {
    let gateway = try GatewayProcess(arguments: ["--plugins", "/nowhere/plugins"])
    defer { gateway.kill() }
    #expect(
      ProcessFigures.wait {
        gateway.log.contains("there is no driver")
          && gateway.log.contains("directory=/nowhere/plugins reason=\"No such file or directory\"")
      }, "\(gateway.log)")
    gateway.terminate()
    try gateway.expectExit()
  }

  /// What `nexus serve` says when it cannot start.
  private func complaint(_ arguments: String...) throws -> String {
    let child = try ChildProcess(
      GatewayProcess.staged.appendingPathComponent("bin/nexus").path,
      arguments: ["serve", "--no-probe"] + arguments)
    #expect(try child.waitForExit() == 1)
    _ = ProcessFigures.wait { child.log.lowercased().contains("error: ") }
    return child.log
  }
}
