import Foundation

/// A folder with one driver, of type "minimal": the example in C with some of its text replaced.
final class ExampleDriver {
  let path: String

  /// Every chat hangs its thread for ever: what no driver may do, and what a watchdog is for.
  static func hanging() throws -> ExampleDriver {
    try ExampleDriver(replacing: [
      start: "  if (op->kind == NEXUS_OP_CHAT) for (;;) pause();\n\(start)"
    ])
  }

  /// Its servers are found on a port.
  static func identifying(port: String) throws -> ExampleDriver {
    try ExampleDriver(replacing: [
      "static const nexus_driver driver": """
      static const uint32_t ports[] = {\(port)};
      static const nexus_driver driver
      """,
      "types, 1, NULL, 0": "types, 1, ports, 1",
      "0, 1u << NEXUS_OP_SURVEY": "0, 1u << NEXUS_OP_IDENTIFY | 1u << NEXUS_OP_SURVEY",
      #"operations=survey,chat\n"#: #"operations=identify,survey,chat\nports=\#(port)\n"#,
      "  return report_models(s, sink), NEXUS_DONE;": """
        if (s->kind != NEXUS_OP_IDENTIFY) return report_models(s, sink), NEXUS_DONE;
        nexus_identity identity = {sizeof identity, 50, types[0], {0, 0}};
        return sink->report(sink->host, NEXUS_REPORT_IDENTITY, &identity), NEXUS_DONE;
      """,
    ])
  }

  private static let start = "  state *s = *exchange = calloc(1, sizeof *s);\n"

  private init(replacing changes: [String: String]) throws {
    path =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("nexus-hanging-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    try Self.build(changes, "\(path)/minimal.so")
  }

  /// Builds the example with some of its text replaced.
  static func build(_ changes: [String: String], _ file: String) throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    var source = try String(contentsOfFile: "\(root)/examples/minimal-c/minimal.c", encoding: .utf8)
    for (old, new) in changes {
      guard source.contains(old) else { throw CaseFailure("the example has no '\(old)'") }
      source = source.replacingOccurrences(of: old, with: new)
    }
    try "#include <unistd.h>\n\(source)".write(
      toFile: "\(file).c", atomically: false, encoding: .utf8)
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = [
      "clang", "-O1", "-shared", "-fPIC", "-fvisibility=hidden",
      "-I\(root)/Sources/NexusPluginABI/include", "-o", file, "\(file).c",
    ]
    try compiler.run()
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else { throw CaseFailure("the driver does not compile") }
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: file)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
