import Foundation

/// A folder with one driver, of type "minimal", whose every chat hangs its thread for ever: what no
/// driver may do, and what a watchdog is for.
final class HangingDriver {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("nexus-hanging-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    let source = try String(contentsOfFile: "\(root)/examples/minimal-c/minimal.c", encoding: .utf8)
    let start = "  state *s = *exchange = calloc(1, sizeof *s);\n"
    let hanging = source.replacingOccurrences(
      of: start, with: "  if (op->kind == NEXUS_OP_CHAT) for (;;) pause();\n\(start)")
    guard hanging != source else { throw CaseFailure("the example has no '\(start)'") }
    try "#include <unistd.h>\n\(hanging)".write(
      toFile: "\(path)/minimal.c", atomically: false, encoding: .utf8)
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = [
      "clang", "-O1", "-shared", "-fPIC", "-fvisibility=hidden",
      "-I\(root)/Sources/NexusPluginABI/include", "-o", "\(path)/minimal.so",
      "\(path)/minimal.c",
    ]
    try compiler.run()
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else { throw CaseFailure("the driver does not compile") }
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: "\(path)/minimal.so")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
