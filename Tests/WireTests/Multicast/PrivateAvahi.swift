import Foundation

/// A D-Bus and an avahi-daemon of a test's own (Tests/Tools/private-avahi).
final class PrivateAvahi {
  /// What makes a program speak to this daemon.
  let environment: [String: String]
  private let child: OrderedProcess
  private let directory: String

  private static let script = GatewayProcess.package
    .appendingPathComponent("Tests/Tools/private-avahi").path

  /// Nil where it is impossible, which is printed. `network`: the name of the network namespace in
  /// which it runs, with its interface; else it has one with nothing but loopback.
  init?(_ options: [String] = [], in network: (name: String, interface: String)? = nil) throws {
    // A short path: it becomes the address of a socket.
    directory = "/tmp/nexus-avahi-\(UUID().uuidString.prefix(8))"
    let bus = "unix:path=\(directory)/bus"
    environment = ["DBUS_SYSTEM_BUS_ADDRESS": bus]
    var command = [Self.script] + options
    if let network {
      command = ["ip", "netns", "exec", network.name] + command
      command += ["--here", "--interfaces", network.interface]
    }
    child = try OrderedProcess("/usr/bin/env", command + [directory])
    do throws(CaseFailure) {
      try child.wait("ready")
    } catch {
      try? FileManager.default.removeItem(atPath: directory)
      guard child.end() == 77 else { throw error }
      print("skipped: no avahi-daemon for a test here: \(child.errors)")
      return nil
    }
  }

  deinit {
    _ = child.end()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Gives the script an order, and waits until it has been followed.
  func order(_ word: String) throws { try child.order(word) }

  /// Announces a service until the program is killed, and returns when it stands.
  func publish(
    _ name: String, _ type: String, port: UInt16, _ text: String...
  ) throws -> ChildProcess {
    let publisher = try ChildProcess(
      "/usr/bin/env", arguments: ["avahi-publish-service", name, type, "\(port)"] + text,
      environment: environment)
    guard ProcessFigures.wait(seconds: 10, { publisher.log.contains("Established") }) else {
      publisher.kill()
      throw CaseFailure("'\(name)' was not published: \(publisher.log)")
    }
    return publisher
  }

  /// What is announced of a type, with its TXT record, a line for each.
  func announced(_ type: String) throws -> [String] {
    try ProgramRun(
      "/usr/bin/env", arguments: ["avahi-browse", "-rpt", type], environment: environment
    ).output.split(separator: "\n").map(String.init).filter { $0.hasPrefix("=") }
  }
}
