import Foundation
import Testing

/// The commands other than `serve`, run as a person runs them.
@Suite struct CommandRunTests {
  @Test func withoutACommandThereIsHelpAndAnError() throws {
    let result = try ProgramRun()
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("nexus serve"))
  }

  @Test func aMistakeIsExplained() throws {
    let result = try ProgramRun("serve", "--prot", "1")
    #expect(result.status == 2)
    #expect(result.errors.contains("Did you mean '--port'?"))
  }

  @Test(arguments: [["--version"], ["-V"], ["version"]]) func tellsItsVersion(words: [String])
    throws
  {
    let result = try ProgramRun(words[0])
    #expect(result.status == 0)
    #expect(result.output.wholeMatch(of: /nexus \d+\.\d+\.\d+\n/) != nil)
  }

  @Test func explainsACommand() throws {
    let page = try ProgramRun("help", "serve")
    #expect(page.status == 0)
    #expect(page.output.contains("--backend"))
    #expect(try ProgramRun("serve", "--help").output == page.output)
    #expect(try ProgramRun("help", "nothing").status == 2)
  }

  /// Without `--plugins`, the drivers beside the program are found.
  @Test func listsTheShippedDrivers() throws {
    let result = try ProgramRun("plugins", "list", "--json")
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
    let result = try ProgramRun("plugins", "info", file)
    #expect(result.status == 0)
    #expect(result.output.contains("types       ollama\n"))
    let text = try ProgramRun("plugins", "info", #filePath)
    #expect(text.status == 1)
    #expect(text.errors.contains("not an ELF file"))
  }

  @Test func aTypeThatNoDriverServesIsAnError() throws {
    let result = try ProgramRun(
      "serve", "--port", "0", "--backend", "http://127.0.0.1:1,type=olama")
    #expect(result.status == 1)
    #expect(result.errors.contains("no loaded driver serves the type 'olama'"))
    #expect(result.errors.contains("ollama"))
  }
}
