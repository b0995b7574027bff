import Foundation
import NexusPluginABI
import Testing

@testable import Drivers

/// The driver files themselves: what they need, show and say without being run.
@Suite struct ReplayLibraryTests {
  /// Memory, its copying, and what the compiler puts into every shared library. A sanitizer adds
  /// its own functions.
  private static let imports =
    "mem[a-z]+|malloc|calloc|realloc|free|posix_memalign|aligned_alloc|__stack_chk_fail"
    + "|_ITM_.*|__gmon_start__|__cxa_finalize|__(a|t)san_.*|__sanitizer_.*"

  @Test(arguments: ReplayDrivers.names) func needs(_ name: String) throws {
    let path = ReplayDrivers.path(name)
    let needed = try output("readelf", "-dW", path).split(separator: "\n")
      .filter { $0.contains("(NEEDED)") }
      .compactMap { $0.split(separator: "[").last?.split(separator: "]").first }
    #expect(!needed.isEmpty)
    for library in needed { #expect(["libc.so.6", "libm.so.6"].contains(library)) }
  }

  @Test(arguments: ReplayDrivers.names) func symbols(_ name: String) throws {
    let path = ReplayDrivers.path(name)
    let exported = try names(output("nm", "-D", "--defined-only", "--format=posix", path))
    #expect(exported == ["nexus_driver_entry"])
    let allowed = try Regex("^(\(Self.imports))$")
    for symbol in try names(output("nm", "-D", "--undefined-only", "--format=posix", path)) {
      #expect(symbol.contains(allowed), "\(name) imports \(symbol)")
    }
  }

  /// The note survives `strip`, equals the table, and the stripped file is small.
  @Test(arguments: ReplayDrivers.names) func strippedFile(_ name: String) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/\(name).so"
    _ = try output(
      "strip", "--strip-all", "--remove-section=.swift_ast", "-o", path, ReplayDrivers.path(name))
    let driver = try DriverLoader.load(path: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let note = try #require(try DriverNote.read(ELFFile(bytes)))
    #expect(note.difference(from: driver.descriptor) == nil)
    #expect(note["id"] == driver.descriptor.id)
    #expect(driver.descriptor.types.contains(name))
    #expect((30_000...350_000).contains(bytes.count), "\(bytes.count) bytes")
  }

  @Test func generatedFiles() throws {
    _ = try output(repositoryRoot.path + "/scripts/driver-notes", "--check")
  }

  /// The entry point gives the same table to everybody, and none to a host of another major.
  @Test(arguments: ReplayDrivers.names) func entry(_ name: String) throws {
    typealias Entry = @convention(c) (UInt32) -> UnsafePointer<nexus_driver>?
    let library = try #require(dlopen(ReplayDrivers.path(name), RTLD_NOW | RTLD_LOCAL))
    let symbol = try #require(dlsym(library, "nexus_driver_entry"))
    let entry = unsafeBitCast(symbol, to: Entry.self)
    #expect(entry(1) != nil)
    #expect(entry(1) == entry(1))
    #expect(entry(0) == nil)
    #expect(entry(2) == nil)
  }

  /// Exchanges of one driver on many threads at once do not disturb each other.
  @Test(arguments: ReplayDrivers.names) func threads(_ name: String) async throws {
    let driver = try ReplayDrivers.driver(name)
    let server = try #require(
      ReplayServers.all().first { $0.name == (name == "openai" ? "generic" : name) })
    let alone = Replay.run(driver, DriverOperation(kind: .survey)) { server($0, $1) }
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        let answers = server.answers.mapValues(SendableReply.init)
        let missing = SendableReply(server.missing)
        group.addTask {
          for _ in 0..<20 {
            let found = Replay.run(
              driver, DriverOperation(kind: .survey), cut: .every(1 + task)
            ) { request, _ in (answers[request] ?? missing).reply }
            if found != alone { return false }
          }
          return true
        }
      }
      for await isSame in group { #expect(isSame) }
    }
  }

  /// The header is C99 and C++17 without a warning.
  @Test(arguments: [("c", "c99"), ("c", "c11"), ("c++", "c++17"), ("c++", "c++20")])
  func header(_ language: String, _ standard: String) throws {
    let folder = try TemporaryFolder()
    let source = folder.path + "/header"
    let text = "#include <nexus/driver.h>\n#include <nexus/driver.h>\nint used;\n"
    try text.write(toFile: source, atomically: true, encoding: .utf8)
    _ = try output(
      "clang", "-x", language, "-std=\(standard)", "-Wall", "-Wextra", "-pedantic", "-Werror",
      "-fsyntax-only", "-I", repositoryRoot.path + "/Sources/NexusPluginABI/include", source)
  }

  private func names(_ list: String) -> [String] {
    list.split(separator: "\n").compactMap { line in
      line.split(separator: " ").first?.split(separator: "@").first.map { String($0) }
    }
  }
}

/// A reply that may cross to another thread.
private struct SendableReply: Sendable {
  let status: Int
  let body: [UInt8]

  init(_ reply: Reply) {
    status = reply.status
    body = reply.body
  }

  var reply: Reply {
    var reply = Reply(status)
    reply.body = body
    return reply
  }
}

/// Runs a program and gives what it prints; the test fails if it fails.
func output(_ program: String, _ arguments: String...) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  let text = String(decoding: data, as: UTF8.self)
  try #require(process.terminationStatus == 0, "\(program) \(arguments): \(text)")
  return text
}

/// A folder that only we can write to and that goes with the object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "nexus-driver-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
