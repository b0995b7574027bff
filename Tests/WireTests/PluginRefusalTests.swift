import Foundation

import Seeded
import Testing

/// Files and directories that are no drivers, or that others could change: the real binary tells
/// each in one line, starts all the same and says that it is degraded.
@Suite struct PluginRefusalTests {
  /// A directory for drivers, removed at the end.
  private final class Folder: Sendable {
    let url: URL

    init() throws {
      url = FileManager.default.temporaryDirectory
        .appendingPathComponent("nexus-plugins-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
      try setMode(0o755, of: "")
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var path: String { url.path }

    /// The bytes of a driver that is sound.
    static func driver() throws -> [UInt8] {
      let file = GatewayProcess.staged.appendingPathComponent("lib/nexus/ollama.so")
      return Array(try Data(contentsOf: file))
    }

    func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws {
      try Data(bytes).write(to: url.appendingPathComponent(name))
      try setMode(mode, of: name)
    }

    func setMode(_ mode: Int, of name: String) throws {
      try FileManager.default.setAttributes(
        [.posixPermissions: mode], ofItemAtPath: url.appendingPathComponent(name).path)
    }
  }

  /// Starts the gateway with the drivers of a folder.
  private func serve(
    _ folder: Folder, backends: [String] = [], _ body: (GatewayProcess) throws -> Void
  ) throws {
    let gateway = try GatewayProcess(
      arguments: ["--plugins", folder.path] + backends.flatMap { ["--backend", $0] })
    defer { gateway.kill() }
    try body(gateway)
    #expect(gateway.isRunning)
    gateway.terminate()
    try gateway.expectExit()
  }

  /// The lines of the log that refuse something, in order.
  private func refusals(_ gateway: GatewayProcess) -> [String] {
    // What comes after them in the log has come.
    let isTold = ProcessFigures.wait {
      gateway.log.contains("there is no driver") || gateway.log.contains("loaded count=")
    }
    #expect(isTold)
    return gateway.log.split(separator: "\n").filter { $0.contains("not loaded") }.map(String.init)
  }

  private func expectNoDrivers(_ gateway: GatewayProcess) throws {
    #expect(gateway.log.contains("there is no driver"), "\(gateway.log)")
    let report = try JSONSerialization.jsonObject(with: Data(try gateway.get("/health").utf8))
    let health = try #require(report as? [String: Any])
    #expect(health["status"] as? String == "degraded")
    #expect((health["backends"] as? [String: Any])?["healthy"] as? Int == 0)
    let answer = try LoadClient(port: gateway.port).using {
      try $0.exchange(
        LoadClient.post("/v1/chat/completions", #"{"model":"m1","messages":[]}"#))
    }
    #expect([404, 503].contains(answer.status), "\(answer.text)")
    try JSONCheck.checkEnvelope(answer.body)
  }

  /// Every kind of unsuitable file at once: a line for each, in the order of names.
  @Test func filesThatAreNoDrivers() throws {
    let folder = try Folder()
    let driver = try Folder.driver()
    var random = SeededRandom(seed: 1)
    let noise = (0..<5000).map { _ in UInt8(random.below(256)) }
    var foreign = driver
    foreign[18] = 0xF3
    foreign[19] = 0
    var small = driver
    small[4] = 1
    let files: [(name: String, bytes: [UInt8], mode: Int, why: String)] = [
      ("a-text.so", Array("#!/bin/sh\necho driver\n".utf8), 0o644, "not an ELF file"),
      ("b-empty.so", [], 0o644, "not an ELF file"),
      ("c-noise.so", noise, 0o644, "not an ELF file"),
      ("d-cut.so", Array(driver.prefix(driver.count / 2)), 0o644, "cut short"),
      ("e-head.so", Array(driver.prefix(64)), 0o644, "cut short"),
      ("f-garbage.so", Array(driver.prefix(64)) + noise, 0o644, "cut short"),
      ("g-foreign.so", foreign, 0o644, "another kind of processor"),
      ("h-32-bit.so", small, 0o644, "not a 64-bit"),
      ("i-group.so", driver, 0o664, "writable by others"),
      ("j-all.so", driver, 0o666, "writable by others"),
    ]
    for file in files { try folder.write(file.name, file.bytes, mode: file.mode) }
    try serve(folder) { gateway in
      let lines = refusals(gateway)
      #expect(lines.count == files.count, "\(gateway.log)")
      for (line, file) in zip(lines, files) {
        #expect(line.contains("file=\(folder.path)/\(file.name) "), "\(line)")
        #expect(line.contains(file.why), "\(line)")
      }
      try expectNoDrivers(gateway)
    }
  }

  /// Whoever can write to the directory can put a driver there: none is loaded, sound or not.
  @Test(arguments: [0o777, 0o775]) func directoryThatOthersCanWrite(mode: Int) throws {
    let folder = try Folder()
    try folder.write("ollama.so", try Folder.driver())
    try folder.setMode(mode, of: "")
    let backend = "http://127.0.0.1:9,type=generic,name=one"
    try serve(folder, backends: [backend]) { gateway in
      let lines = refusals(gateway)
      #expect(lines.count == 1, "\(gateway.log)")
      #expect(lines.first?.contains("file=\(folder.path) ") == true, "\(lines)")
      #expect(lines.first?.contains("the directory is writable by others") == true, "\(lines)")
      // Also with a backend: it cannot be spoken to.
      try expectNoDrivers(gateway)
    }
  }

  /// Of two drivers with one id the first by name is loaded; a damaged one beside them changes
  /// nothing, and requests are served.
  @Test func duplicate() throws {
    let folder = try Folder()
    try folder.write("a.so", try Folder.driver())
    try folder.write("b.so", try Folder.driver())
    try folder.write("c.so", Array("text".utf8))
    let simulator = try SimulatorProcess(["ollama:0,name=one,model=m1,ttft=1,tps=0"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(
      arguments: ["--plugins", folder.path] + simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    let lines = refusals(gateway)
    #expect(lines.count == 2, "\(gateway.log)")
    #expect(
      lines.first?.contains("'org.nexus.ollama' is already taken by \(folder.path)/a.so") == true,
      "\(lines)")
    let answer = try LoadClient(port: gateway.port).using {
      try $0.exchange(
        LoadClient.post(
          "/v1/chat/completions",
          #"{"model":"m1","messages":[{"role":"user","content":"hello \#(Planted.prompt)"}]}"#))
    }
    #expect(answer.status == 200, "\(answer.text)")
    gateway.terminate()
    try gateway.expectExit()
  }

  /// A file is described without being run or believed: whatever its bytes are, the command ends
  /// with a line of reason or a description.
  @Test func describesDamagedFiles() throws {
    let folder = try Folder()
    let driver = try Folder.driver()
    let program = GatewayProcess.staged.appendingPathComponent("bin/nexus").path
    var described = 0
    for seed in 0..<60 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var bytes = driver
      let area = random.pick([64, 64, 2048, bytes.count])
      for _ in 0..<random.pick([1, 3, 20]) {
        bytes[random.below(area)] = UInt8(random.below(256))
      }
      if random.isOne(in: 4) { bytes.removeLast(random.below(bytes.count)) }
      try folder.write("x.so", bytes)
      let process = try ChildProcess(
        program, arguments: ["plugins", "info", "\(folder.path)/x.so"])
      let status = try process.waitForExit()
      #expect(status == 0 || status == 1, "seed \(seed): \(status)")
      if status == 0 {
        described += 1
      } else {
        // It may have ended before we have read what it said.
        _ = ProcessFigures.wait(seconds: 5) { process.log.contains("\n") }
        #expect(process.log.split(separator: "\n").count == 1, "seed \(seed): \(process.log)")
      }
    }
    #expect(described > 0 && described < 60)
  }
}
