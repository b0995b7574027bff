import Foundation
import Testing

/// The commands other than `serve`, run as a person runs them.
@Suite struct CommandRunTests {
  private struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  private func run(_ arguments: String...) throws -> Result {
    let process = Process()
    process.executableURL = GatewayProcess.staged.appendingPathComponent("bin/nexus")
    process.arguments = arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Both fit into a pipe, so reading one after the other cannot hang.
    let told = try output.fileHandleForReading.readToEnd() ?? Data()
    let complained = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: String(decoding: told, as: UTF8.self),
      errors: String(decoding: complained, as: UTF8.self))
  }

  @Test func withoutACommandThereIsHelpAndAnError() throws {
    let result = try run()
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("nexus serve"))
  }

  @Test func aMistakeIsExplained() throws {
    let result = try run("serve", "--prot", "1")
    #expect(result.status == 2)
    #expect(result.errors.contains("Did you mean '--port'?"))
  }

  @Test(arguments: [["--version"], ["-V"], ["version"]]) func tellsItsVersion(words: [String])
    throws
  {
    let result = try run(words[0])
    #expect(result.status == 0)
    #expect(result.output.wholeMatch(of: /nexus \d+\.\d+\.\d+\n/) != nil)
  }

  @Test func explainsACommand() throws {
    let page = try run("help", "serve")
    #expect(page.status == 0)
    #expect(page.output.contains("--backend"))
    #expect(try run("serve", "--help").output == page.output)
    #expect(try run("help", "nothing").status == 2)
  }

  /// Without `--plugins`, the drivers beside the program are found.
  @Test func listsTheShippedDrivers() throws {
    let result = try run("plugins", "list", "--json")
    #expect(result.status == 0)
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let drivers = try #require(list["drivers"] as? [[String: Any]])
    let types = drivers.flatMap { $0["types"] as? [String] ?? [] }.sorted()
    #expect(types == ["exo", "generic", "llamacpp", "lmstudio", "ollama", "openai", "vllm"])
    #expect((list["refused"] as? [Any])?.isEmpty == true)
    for driver in drivers {
      #expect((driver["sha256"] as? String)?.count == 64)
      #expect((driver["file"] as? String)?.hasSuffix(".so") == true)
    }
  }

  @Test func describesAFileWithoutRunningIt() throws {
    let file = GatewayProcess.staged.appendingPathComponent("lib/nexus/ollama.so").path
    let result = try run("plugins", "info", file)
    #expect(result.status == 0)
    #expect(result.output.contains("types       ollama\n"))
    let text = try run("plugins", "info", #filePath)
    #expect(text.status == 1)
    #expect(text.errors.contains("not an ELF file"))
  }

  @Test func aTypeThatNoDriverServesIsAnError() throws {
    let result = try run("serve", "--port", "0", "--backend", "http://127.0.0.1:1,type=olama")
    #expect(result.status == 1)
    #expect(result.errors.contains("no loaded driver serves the type 'olama'"))
    #expect(result.errors.contains("ollama"))
  }
}
