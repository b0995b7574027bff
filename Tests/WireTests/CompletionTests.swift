import Foundation
import Testing

/// Completion in the shells themselves, as far as they are installed.
@Suite(.serialized) struct CompletionTests {
  /// What bash offers for a line whose words it has split as readline does: ":" and "=" stand alone.
  private func bash(
    _ household: Household, _ words: [String], gateway: GatewayProcess? = nil
  ) throws -> [String] {
    let shell = try #require(Household.tool("bash"))
    let result = try household.run(
      shell,
      [
        "--norc", "-c",
        """
        source <(nexus completions bash)
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        compopt() { echo "compopt $*"; }
        _nexus nexus "${COMP_WORDS[COMP_CWORD]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """, "bash",
      ] + words, household.environment(gateway))
    #expect(result.errors.isEmpty)
    return result.output.split(separator: "\n").map(String.init)
  }

  @Test(arguments: [
    ("nexus backe", ["backends"]), ("nexus backends dr", ["drain"]),
    ("nexus serve --log-f", ["--log-format"]), ("nexus serve --log-format ", ["pretty", "json"]),
    ("nexus serve --log-format = p", ["pretty"]),
    ("nexus serve --log-format =", ["pretty", "json"]),
    ("nexus backends list -s unh", ["unhealthy"]),
    ("nexus backends add http://x --zone conf", ["confidential"]),
    ("nexus completions ", ["bash", "zsh", "fish"]), ("nexus help plug", ["plugins"]),
    ("nexus help plugins l", ["list"]), ("nexus health --format j", ["json"]),
    ("nexus log-level de", ["debug"]), ("nexus models --js", ["--json"]),
    ("nexus models --json --js", []), ("nexus models mi", ["migrate"]),
    ("nexus models load m --make", ["--make-room"]),
    ("nexus plugins info ", ["compopt -o default"]),
    ("nexus serve --plugins ", ["compopt -o dirnames"]),
    ("nexus serve -c ", ["compopt -o default"]),
    ("nexus backends add http://x -t oll", ["ollama"]), ("nexus nosuch ", []),
    ("nexus --v", ["--version"]), ("nexus backends remove ", []),
    ("nexus doctor --cha", ["--chat"]),
  ]) func bashOffers(line: String, expected: [String]) throws {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    #expect(try bash(Household(), words) == expected, "\(line)")
  }

  /// Names come from the running gateway, a model's colon included; readline replaces only what is
  /// behind the colon.
  @Test func namesOfTheRunningGateway() throws {
    let household = try Household()
    let simulator = try SimulatorProcess([
      "ollama:0,name=attic,model=llama3.2:3b", "vllm:0,name=cellar,model=qwen",
    ])
    defer { simulator.stop() }
    let gateway = try household.gateway(simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("two backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }
    func offer(_ words: String...) throws -> [String] {
      try bash(household, ["nexus"] + words, gateway: gateway)
    }
    #expect(try offer("backends", "drain", "") == ["attic", "cellar"])
    #expect(try offer("models", "--backend", "=", "ce") == ["cellar"])
    #expect(try offer("explain", "--model", "") == ["llama3.2:3b", "qwen"])
    #expect(try offer("explain", "--model", "llama3.2", ":", "3") == ["3b"])
    #expect(try offer("explain", "--model", "llama3.2", ":") == ["3b"])
    #expect(
      try bash(
        household,
        ["nexus", "backends", "drain", "--control-socket", gateway.controlSocket, "a"])
        == ["attic"])
    if let fish = Household.tool("fish") {
      let result = try household.run(
        fish,
        [
          "--no-config", "-c",
          "nexus completions fish | source; complete -C 'nexus explain --model ll'",
        ], household.environment(gateway))
      #expect(result.output == "llama3.2:3b\n", "\(result.errors)")
    } else {
      print("skipped: no fish")
    }
  }

  /// A gateway that hangs costs a third of a second and a word at most.
  @Test func aGatewayThatHangsIsNotWaitedFor() throws {
    let household = try Household()
    let gateway = try household.gateway([])
    defer { gateway.kill() }
    kill(gateway.identifier, SIGSTOP)
    let start = Date()
    let result = try household.nexus("__complete", "backends", "drain", "", gateway: gateway)
    #expect(result.output == "words\n")
    #expect(result.errors.isEmpty)
    #expect(Date().timeIntervalSince(start) < 5)
    kill(gateway.identifier, SIGCONT)
  }

  @Test func zshOffers() throws {
    guard let zsh = Household.tool("zsh") else { return print("skipped: no zsh") }
    let household = try Household()
    let result = try household.run(
      zsh,
      [
        "-f", "-c",
        """
        compdef() { }
        _describe() { print -l -- "${(@P)@[-1]}" }
        source <(nexus completions zsh)
        words=(nexus serve --log-format=p); CURRENT=3; _nexus
        """,
      ], household.environment())
    #expect(result.output == "--log-format=pretty:\n", "\(result.errors)")
  }

  @Test func fishOffers() throws {
    guard let fish = Household.tool("fish") else { return print("skipped: no fish") }
    let household = try Household()
    let result = try household.run(
      fish,
      ["--no-config", "-c", "nexus completions fish | source; complete -C 'nexus backends dr'"],
      household.environment())
    #expect(result.output == "drain\tSend a backend no new requests.\n", "\(result.errors)")
  }

  @Test func otherShellsAreRefused() throws {
    let household = try Household()
    for shell in ["powershell", "elvish"] {
      let result = try household.nexus("completions", shell)
      #expect(result.status == 2)
      #expect(result.errors.contains("not supported"))
    }
    #expect(try household.nexus("completions", "bsh").errors.contains("Did you mean 'bash'?"))
    #expect(try household.nexus("completions", "bash").output.contains("complete -F"))
    #expect(try household.nexus("completions", "zsh").output.contains("compdef"))
    #expect(try household.nexus("completions", "fish").output.contains("complete --command"))
  }
}
