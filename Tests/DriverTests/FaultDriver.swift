import Foundation

/// A folder for one test, removed when the test is over, with drivers compiled into it from C.
final class DriverFolder {
  let path: String

  init() throws {
    let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    path = parent.appendingPathComponent("nexus-drivers-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Compiles `source` into NAME.so.
  func compile(_ name: String, _ source: String, flags: [String] = ["-shared"]) throws {
    let code = "\(path)/\(name).c"
    try source.write(toFile: code, atomically: false, encoding: .utf8)
    let file = "\(path)/\(name).so"
    let include = Self.repository.appendingPathComponent("Sources/NexusPluginABI/include").path
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-fPIC", "-O1", "-I\(include)", code, "-o", file] + flags
    try compiler.run()
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else { throw CompileError(name: name) }
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
  }

  func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    try setMode(mode, of: name)
  }

  func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: mode], ofItemAtPath: "\(path)/\(name)")
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
  }

  /// The top of the source tree.
  static let repository: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let manifest = folder.appendingPathComponent("Package.swift").path
      if FileManager.default.fileExists(atPath: manifest) { break }
    }
    return folder
  }()
}

struct CompileError: Error { let name: String }

/// C source of a sound little driver, any part of which a test may replace by a fault.
struct FaultDriver {
  var id = "org.example.fault"
  var type = "fault"
  var noteType: String?
  var withNote = true
  var noteText: String?
  /// Statements that run on the table before it is returned.
  var spoil = ""
  var entry = "nexus_driver_entry"

  var source: String {
    let note =
      noteText
        ?? """
        id=\(id)\\nversion=1.0.0\\nabi=1.1\\ntypes=\(noteType ?? type)\\n\
        operations=identify,survey\\nports=4242\\nservices=\\nlicence=MIT\\nsummary=A fault\\n
        """
    return """
      #include "nexus/driver.h"
      #define S(t) {(const uint8_t *)t, sizeof(t) - 1}
      \(withNote ? "NEXUS_DRIVER_NOTE(\"\(note)\");" : "")
      static uint32_t begin(const nexus_operation *o, nexus_sink *s, void **x) {
        (void)o; (void)s; (void)x; return NEXUS_DONE;
      }
      static uint32_t resume(void *x, const nexus_reply *r, nexus_sink *s) {
        (void)x; (void)r; (void)s; return NEXUS_DONE;
      }
      static void end(void *x) { (void)x; }
      static const nexus_slice types[] = {S("\(type)")};
      static const uint32_t ports[] = {4242};
      static nexus_driver table = {
        sizeof(nexus_driver), NEXUS_ABI_MAJOR, NEXUS_ABI_MINOR, NEXUS_ZONE_BY_ADDRESS,
        NEXUS_CANCEL_ABORT, 0, (1u << NEXUS_OP_IDENTIFY) | (1u << NEXUS_OP_SURVEY), 0,
        S("\(id)"), S("1.0.0"), S("A fault"), S("MIT"), types, 1, ports, 1, 0, 0,
        begin, resume, end, 0};
      const nexus_driver *\(entry)(uint32_t major) {
        if (major != NEXUS_ABI_MAJOR) return 0;
        \(spoil)
        return &table;
      }
      """
  }
}
