import Foundation
import Glibc
import Testing

/// `nexus top` on a terminal, and without one.
@Suite(.serialized) struct TopTests {
  private let household: Household
  private let simulator: SimulatorProcess

  init() throws {
    household = try Household()
    simulator = try SimulatorProcess([
      "vllm:0,name=attic,model=m,ttft=0,tps=20,words=200,slots=64",
      "vllm:0,name=cellar,model=n,ttft=0,tps=0,words=5,slots=64",
    ])
  }

  private var socket: String { "\(household.folder)/control.sock" }

  private func gateway() throws -> GatewayProcess {
    try household.gateway(simulator.gatewayArguments + ["--control-socket", socket])
  }

  private func top(rows: Int = 24, columns: Int = 80) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      rows: rows, columns: columns,
      ["top", "--interval", "0.2", "--control-socket", socket],
      environment: household.environment())
    try terminal.wait("a picture") { $0.isAlternate && $0.contains("attic") }
    return terminal
  }

  private static func chat(_ model: String, stream: Bool = false) -> [UInt8] {
    LoadClient.post(
      "/v1/chat/completions",
      #"{"model":"\#(model)","stream":\#(stream),"messages":[{"role":"user","content":"Hi"}]}"#)
  }

  private func checkLeft(_ terminal: PseudoTerminal) {
    #expect(terminal.isRestored, "the terminal is in another mode than before")
    let picture = terminal.picture
    #expect(!picture.isAlternate && picture.hasCursor && picture.strange.isEmpty)
    #expect(terminal.output.contains("\u{1B}[?1049l"))
  }

  @Test func itDrawsResizesAndQuits() throws {
    let gateway = try gateway()
    defer { gateway.kill(); simulator.stop() }
    let terminal = try top()
    let first = terminal.picture
    #expect(!first.hasCursor && first.strange.isEmpty, "\(first.strange)")
    #expect(!terminal.isRestored, "keys are read one by one")
    #expect(first.rows == 24 && first.columns <= 80, "\(first.rows) × \(first.columns)")
    for word in ["nexus ", "2/2 healthy", "BACKEND", "cellar", "vllm", "closed", "q quit"] {
      #expect(first.contains(word), "no '\(word)' in\n\(first.text)")
    }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    try client.send(Self.chat("m", stream: true))
    try terminal.wait("a live request") { $0.contains("streaming") && $0.contains("1 in flight") }
    let other = try LoadClient(port: gateway.port)
    defer { other.close() }
    #expect(try other.exchange(Self.chat("n")).status == 200)
    #expect(try other.exchange(Self.chat(#"\u001b[31mnope"#)).status == 404)
    try terminal.wait("the last requests") { $0.contains("?[31mnope") && $0.contains("→ cellar") }
    #expect(terminal.picture.strange.isEmpty && terminal.picture.columns <= 80)

    for (rows, columns) in [(10, 40), (40, 150), (3, 12), (24, 80)] {
      try terminal.resize(rows: rows, columns: columns)
      try terminal.wait("a picture of \(rows) × \(columns)") {
        $0.rows == rows && $0.columns <= columns
      }
    }
    terminal.press("h")
    try terminal.wait("help") { $0.contains("scroll through the backends") }
    terminal.press("x/att\r")
    try terminal.wait("what the filter leaves") {
      $0.contains("filter: att") && !$0.contains("cellar   healthy")
    }
    terminal.press("\u{1B}")
    try terminal.wait("everything again") { $0.contains("cellar   healthy") }
    terminal.press("p")
    try terminal.wait("the pause") { $0.contains("PAUSED") }
    terminal.press("q")
    #expect(try terminal.exitCode() == 0)
    checkLeft(terminal)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGQUIT, SIGHUP]) func everyEndRestores(
    signal: Int32
  ) throws {
    let gateway = try gateway()
    defer { gateway.kill(); simulator.stop() }
    let terminal = try top()
    switch signal {
    case SIGINT: terminal.press("\u{03}")
    case SIGQUIT: terminal.press("\u{1C}")
    default: terminal.kill(signal)
    }
    #expect(try terminal.exitCode() == 128 + signal)
    checkLeft(terminal)
  }

  @Test func itEndsWithItsTerminal() throws {
    let gateway = try gateway()
    defer { gateway.kill(); simulator.stop() }
    let terminal = try top()
    terminal.hangUp()
    _ = try terminal.exitCode()
  }

  @Test func itWaitsForTheGateway() throws {
    let first = try gateway()
    defer { simulator.stop() }
    let terminal = try top()
    first.kill()
    try terminal.wait("that the gateway is gone") { $0.contains("waiting for the gateway") }
    #expect(terminal.picture.contains("attic"), "what was known stays")
    let second = try gateway()
    defer { second.kill() }
    try terminal.wait("the gateway again") {
      $0.contains("http://127.0.0.1:\(second.port)") && !$0.contains("waiting for")
    }
    terminal.press("q")
    #expect(try terminal.exitCode() == 0)
    checkLeft(terminal)
  }

  @Test func withoutATerminalItIsText() throws {
    let gateway = try gateway()
    defer { gateway.kill(); simulator.stop() }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    #expect(try client.exchange(Self.chat("n")).status == 200)
    for arguments in [["--once"], []] {
      let run = try ProgramRun(
        arguments: ["top", "--control-socket", socket] + arguments,
        environment: household.environment())
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(!run.output.contains("\u{1B}"))
      for word in ["nexus ", "BACKEND", "attic", "cellar", "healthy", "→ cellar"] {
        #expect(run.output.contains(word), "no '\(word)' in\n\(run.output)")
      }
    }
    gateway.kill()
    let gone = try household.nexus("top", "--control-socket", socket)
    #expect(gone.status == 3 && gone.errors.contains("nexus serve"), "\(gone.errors)")
    for interval in ["0", "x", "61"] {
      let wrong = try household.nexus("top", "--interval", interval)
      #expect(wrong.status == 2 && wrong.errors.contains("0.2 to 60"), "\(wrong.errors)")
    }
  }
}
