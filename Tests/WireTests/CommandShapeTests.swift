import Foundation
import Testing

/// What all commands have in common: help, mistakes, pipes, what is installed with them.
@Suite struct CommandShapeTests {
  @Test func mistakesAreUsageErrors() throws {
    let household = try Household()
    for (line, words) in [
      ("backend list", ["Did you mean 'backends'"]), ("bakends", ["Did you mean 'backends'"]),
      ("backends lst", ["Did you mean 'list'"]), ("drain attic", ["'backends drain'"]),
      ("models --jsn", ["Did you mean '--json'"]), ("help modles", ["Did you mean 'models'"]),
      ("backends list --status ill", ["healthy, unhealthy"]), ("health --format xml", ["json"]),
      ("backends add", ["needs URL"]), ("backends add http://x --tier x", ["whole number"]),
      ("backends add http://x -t a --backend-type b", ["the same"]),
      ("models --port x", ["65535"]), ("explain", ["--model"]), ("version now", ["now"]),
      ("help --format html", ["markdown"]), ("completions", ["SHELL"]),
    ] {
      let result = try ProgramRun(
        arguments: line.split(separator: " ").map(String.init),
        environment: household.environment())
      #expect(result.status == 2, "\(line): \(result.status) \(result.errors)")
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("Error: "), "\(line): \(result.errors)")
      for word in words { #expect(result.errors.contains(word), "\(line): \(result.errors)") }
    }
    let unknown = try household.nexus(
      "models", "--backend", "atic", "--offline", "--backend", "x")
    #expect(unknown.status == 2)
  }

  /// Each command of the overview has a page with its summary, how it is called and what it takes.
  @Test func everyCommandIsExplained() throws {
    let household = try Household()
    let overview = try household.nexus("help").output
    #expect(try household.nexus("--help").output == overview)
    let lines = overview.split(separator: "\n").compactMap {
      $0.wholeMatch(of: /\ \ ([a-z-]+(?: [a-z]+)?)  +([A-Z].*\.)/)?.output
    }
    #expect(lines.count > 20)
    for (_, name, summary) in lines {
      let words = name.split(separator: " ").map(String.init)
      let page = try ProgramRun(
        arguments: words + ["--help"], environment: household.environment())
      #expect(page.status == 0)
      #expect(page.output.hasPrefix("\(summary)\n\nUsage: nexus \(name)"), "\(page.output)")
      #expect(page.output.contains("  -h, --help "))
      #expect(
        try ProgramRun(arguments: ["help"] + words, environment: household.environment()).output
          == page.output)
      if name != "version" { #expect(page.output.contains("Examples:\n  nexus "), "\(name)") }
    }
  }

  /// Whoever has read enough may go.
  @Test(arguments: ["", "trap '' PIPE; "]) func aReaderThatGoesIsNoError(trap: String) throws {
    let household = try Household()
    let result = try household.run(
      "/bin/sh",
      ["-c", "\(trap)for i in 1 2 3 4 5; do nexus help serve | head -1; done"],
      household.environment())
    #expect(result.errors.isEmpty)
    #expect(result.output.split(separator: "\n").count == 5)
  }

  /// What is staged beside the program, if it was staged by `make build`.
  @Test func manualAndCompletionsAreStaged() throws {
    let share = GatewayProcess.staged.appendingPathComponent("share").path
    guard access(share, F_OK) == 0 else { return print("skipped: no staged share/") }
    let manager = FileManager.default
    func read(_ path: String) -> String {
      String(decoding: manager.contents(atPath: "\(share)/\(path)") ?? Data(), as: UTF8.self)
    }
    for (path, shell) in [
      ("bash-completion/completions/nexus", "bash"), ("zsh/site-functions/_nexus", "zsh"),
      ("fish/vendor_completions.d/nexus.fish", "fish"),
    ] {
      let script = try ProgramRun("completions", shell).output
      #expect(read(path) == script)
    }
    let manual = try ProgramRun("help", "--format", "man").output
    #expect(read("man/man1/nexus.1") == manual)
    let reference = try ProgramRun("config", "reference", "--format", "man").output
    #expect(read("man/man5/nexus.toml.5") == reference)
  }
}
