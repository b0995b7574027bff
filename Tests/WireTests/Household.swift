import Foundation

/// A user with a home of their own, so that commands see no file and no gateway of other runs.
final class Household: Sendable {
  let folder: String

  init() throws {
    folder =
      FileManager.default.temporaryDirectory.appendingPathComponent(
        "nexus-home-\(UUID().uuidString.prefix(8))"
      ).path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// What every program of this user is started with. Without a gateway of their own they are given
  /// the name of a socket that is not there.
  func environment(_ gateway: GatewayProcess? = nil) -> [String: String] {
    [
      "HOME": folder, "XDG_RUNTIME_DIR": folder, "XDG_STATE_HOME": "\(folder)/state",
      "XDG_CONFIG_HOME": "\(folder)/config", "RUNTIME_DIRECTORY": "", "NEXUS_CONFIG": "",
      "NEXUS_CONTROL_SOCKET": gateway?.controlSocket ?? "\(folder)/none.sock",
      "PATH":
        "\(Self.folder(of: ProgramRun.nexus)):\(ProcessInfo.processInfo.environment["PATH"] ?? "")",
    ]
  }

  private static func folder(of path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().path
  }

  /// Writes a file of theirs and gives its path.
  func write(_ name: String, _ content: String, mode: Int = 0o600) throws -> String {
    let path = "\(folder)/\(name)"
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(content.utf8), attributes: [.posixPermissions: mode])
    else { throw CaseFailure("cannot write \(path)") }
    return path
  }

  /// Runs `nexus` in their home; with a gateway, commands mean that one.
  func nexus(
    _ arguments: String..., gateway: GatewayProcess? = nil, with extra: [String: String] = [:]
  ) throws -> ProgramRun {
    try run(
      ProgramRun.nexus, arguments, environment(gateway).merging(extra) { $1 })
  }

  /// Runs any program in their home.
  func run(
    _ program: String, _ arguments: [String], _ environment: [String: String]
  ) throws -> ProgramRun {
    try ProgramRun(
      program, arguments: arguments, in: URL(fileURLWithPath: folder), environment: environment)
  }

  /// A gateway of theirs.
  func gateway(_ arguments: [String]) throws -> GatewayProcess {
    try GatewayProcess(
      arguments: arguments + ["--state-dir", "\(folder)/state-\(UUID().uuidString.prefix(4))"],
      environment: ["HOME": folder, "XDG_CONFIG_HOME": "\(folder)/config"])
  }

  /// The path of a program that may not be installed.
  static func tool(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}
