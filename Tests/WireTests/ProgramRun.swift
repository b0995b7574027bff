import Foundation

/// One run of a program, of the real `nexus` unless another is named, from its start to its end, as a
/// person sees it.
struct ProgramRun {
  let status: Int32
  let output: String
  let errors: String

  static let nexus = GatewayProcess.staged.appendingPathComponent("bin/nexus").path

  init(_ arguments: String...) throws { try self.init(arguments: arguments) }

  init(
    _ program: String = nexus, arguments: [String], in folder: URL? = nil,
    environment: [String: String] = [:]
  ) throws {
    // Files take any amount, and whatever the program starts may keep them.
    let told = FileManager.default.temporaryDirectory
      .appendingPathComponent("nexus-run-\(UUID().uuidString)").path
    let complained = "\(told).errors"
    defer { for path in [told, complained] { unlink(path) } }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    for path in [told, complained] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardOutput = FileHandle(forWritingAtPath: told)
    process.standardError = FileHandle(forWritingAtPath: complained)
    try ChildProcess.launch(process)
    let deadline = Date() + 60
    while process.isRunning {
      guard Date() < deadline else {
        kill(process.processIdentifier, SIGKILL)
        throw CaseFailure("\(program) \(arguments) did not end in a minute")
      }
      usleep(1000)
    }
    func text(_ path: String) -> String {
      String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
    status = process.terminationStatus
    output = text(told)
    errors = text(complained)
  }

  /// Its standard output as a JSON object; empty if that is none.
  var json: [String: Any] {
    let parsed = try? JSONSerialization.jsonObject(with: Data(output.utf8))
    return parsed as? [String: Any] ?? [:]
  }

  /// An array of objects in it.
  func list(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }
}

/// A folder of a test's own, gone with it.
final class TestFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("nexus-test-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file of that name; gives its path.
  @discardableResult
  func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    let file = url.appendingPathComponent(name)
    try text.write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    return file.path
  }

  func read(_ name: String) throws -> String {
    try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
  }
}
