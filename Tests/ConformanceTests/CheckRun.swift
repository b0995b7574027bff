import Foundation
import Testing

/// One run of the real `nexus plugins check`.
struct CheckRun {
  let status: Int32
  let output: String

  static let repository: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let manifest = folder.appendingPathComponent("Package.swift").path
      if FileManager.default.fileExists(atPath: manifest) { break }
    }
    return folder
  }()

  /// Where the staged tree is: `NEXUS_OUT`, or `out` in the folder of the package.
  static let staged: URL = {
    let named = ProcessInfo.processInfo.environment["NEXUS_OUT"]
    return named.map { URL(fileURLWithPath: $0) } ?? repository.appendingPathComponent("out")
  }()

  static let program = staged.appendingPathComponent("bin/nexus").path

  init(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments = ["plugins", "check"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    output = String(decoding: data, as: UTF8.self)
    status = process.terminationStatus
  }

  private struct Report: Decodable {
    struct Check: Decodable {
      struct Finding: Decodable {
        let message: String
        let recording: String
        let play: String
        let place: String
        let again: String
      }
      let check: String
      let outcome: String
      let findings: [Finding]?
    }
    let passed: Bool
    let plays: Int
    let checks: [Check]
    let complaints: [String]
  }

  private func report() throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(output.utf8))
  }

  /// The checks that failed; the run was with `--json`.
  func failed() throws -> Set<String> {
    let report = try report()
    #expect(report.passed == (status == 0))
    #expect(report.complaints.isEmpty)
    return Set(report.checks.filter { $0.outcome == "failed" }.map(\.check))
  }

  /// How often something was played.
  func plays() throws -> Int { try report().plays }

  /// The commands that show what failed again, as words after `nexus plugins check`.
  func again(_ check: String) throws -> [[String]] {
    try report().checks.filter { $0.check == check }.flatMap { $0.findings ?? [] }.map {
      $0.again.split(separator: " ").dropFirst(3).map(String.init)
    }
  }
}

/// A folder for one test, with drivers compiled into it.
final class CompiledDrivers {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("nexus-zoo-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Compiles a source file into a driver; gives the path of that.
  func compile(_ source: String, flags: [String] = [], mode: Int = 0o644) throws -> String {
    let name = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
    let file = "\(path)/\(name).so"
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments =
      [
        "clang", "-std=gnu11", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-I",
        CheckRun.repository.appendingPathComponent("Sources/NexusPluginABI/include").path,
        "-o", file, source,
      ] + flags
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "\(name) does not compile")
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }
}
