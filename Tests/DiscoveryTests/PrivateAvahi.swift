import Foundation

/// A D-Bus and an avahi-daemon for one test (Tests/Tools/private-avahi), in a network of their own.
final class PrivateAvahi {
  let bus: String
  private let program: SpokenProgram
  private let directory: String

  /// Nil where it is impossible; the script has said why.
  init?(_ options: String...) throws {
    let tools = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Tools/private-avahi")
    // A short path: it becomes the address of a socket.
    directory = "/tmp/nexus-avahi-\(UUID().uuidString.prefix(8))"
    program = try SpokenProgram(tools.path, options + [directory])
    do {
      bus = try String(
        program.line("DBUS_SYSTEM_BUS_ADDRESS=").drop { $0 != "=" }.dropFirst())
    } catch {
      try? FileManager.default.removeItem(atPath: directory)
      guard program.end() == 77 else { throw error }
      print("skipped: no avahi-daemon for a test here")
      return nil
    }
    _ = try program.line("ready")
  }

  deinit {
    _ = program.end()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Gives the script an order, and waits until it has been followed.
  func order(_ word: String) throws {
    program.say(word)
    _ = try program.line(word)
  }

  /// A directory that listens, in a process of its own.
  func listen(_ types: String...) throws -> SpokenProgram {
    let listener = try Self.listener(bus: bus)
    listener.say("listen")
    listener.say((["browse"] + types).joined(separator: "\t"))
    _ = try listener.line("available")
    return listener
  }

  /// Publishes a service until the program is killed.
  func publish(_ name: String, _ type: String, _ port: Int, _ text: String...) throws
    -> SpokenProgram
  {
    try SpokenProgram(
      "/usr/bin/env", ["avahi-publish-service", name, type, "\(port)"] + text, bus: bus)
  }

  static func listener(bus: String) throws -> SpokenProgram {
    // The binary lies beside the test bundle.
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return try SpokenProgram(
      bundle.deletingLastPathComponent().appendingPathComponent("discovery-listener").path,
      bus: bus)
  }
}
