import Foundation
import Glibc
import Testing

/// `nexus tail`, as a person and a script see it.
@Suite(.serialized) struct TailTests {
  private let household: Household
  private let simulator: SimulatorProcess

  init() throws {
    household = try Household()
    simulator = try ThreeBoxes.start()
  }

  private var socket: String { "\(household.folder)/control.sock" }

  private func gateway(_ history: String = "", threads: Int = 2) throws -> GatewayProcess {
    let file = try household.write(
      "nexus.toml", ThreeBoxes.configuration(simulator, threads: threads, history))
    return try household.gateway(["--config", file, "--control-socket", socket])
  }

  private func tail(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess(
      ProgramRun.nexus, arguments: ["tail", "--control-socket", socket] + arguments,
      environment: household.environment())
  }

  private static func post(_ id: String, _ model: String) -> [UInt8] {
    LoadClient.post(
      "/v1/chat/completions",
      #"{"model":"\#(model)","messages":[{"role":"user","content":"Hi"}]}"#,
      headers: "X-Request-Id: \(id)\r\n")
  }

  private func send(_ id: String, _ model: String, to gateway: GatewayProcess) throws {
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    _ = try client.exchange(Self.post(id, model))
  }

  private static func ids(_ tail: ChildProcess) -> [String] {
    tail.lines.compactMap {
      let object = try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      return object?["request_id"] as? String
    }
  }

  private static func wait(_ what: String, _ condition: () throws -> Bool) throws {
    guard try ProcessFigures.wait(seconds: 20, condition) else {
      throw CaseFailure("never \(what)")
    }
  }

  @Test func everyRequestIsShownOnce() throws {
    let gateway = try gateway("[history]\nsize = 2000\n")
    defer { gateway.kill(); simulator.stop() }
    try send("first", "m", to: gateway)
    let all = try tail("--json", "-n", "1")
    let errors = try tail("--json", "--errors", "-n", "0")
    let models = try tail("--json", "--model", "gone", "-n", "0")
    let backend = try tail("--json", "--backend", "none", "-n", "0")
    let tails = [all, errors, models, backend]
    defer { for tail in tails { tail.kill() } }
    _ = try all.line(containing: #""request_id":"first""#)
    // Those that show nothing yet have begun when they show this.
    var sent: [String] = []
    try Self.wait("all are there") {
      sent.append("mark-\(sent.count)")
      try send(sent[sent.count - 1], "nobody", to: gateway)
      usleep(100_000)
      return !Self.ids(errors).isEmpty && !Self.ids(backend).isEmpty
    }
    let names = ["m", "gone", "nobody"]
    let connections = 6
    let each = 60
    let failures = Counter()
    DispatchQueue.concurrentPerform(iterations: connections) { connection in
      do {
        let client = try LoadClient(port: gateway.port)
        defer { client.close() }
        for number in 0..<each {
          let name = names[number % names.count]
          _ = try client.exchange(Self.post("\(name)-\(connection)-\(number)", name))
        }
      } catch {
        failures.add(1)
      }
    }
    #expect(failures.value == 0)
    let load = (0..<connections).flatMap { connection in
      (0..<each).map { "\(names[$0 % names.count])-\(connection)-\($0)" }
    }
    for (tail, expected) in [
      (all, ["first"] + sent + load),
      (errors, load.filter { $0.hasPrefix("nobody") }),
      (models, load.filter { $0.hasPrefix("gone") }),
      (backend, load.filter { $0.hasPrefix("nobody") }),
    ] {
      func seen() -> [String] {
        Self.ids(tail).filter { tail === all || !$0.hasPrefix("mark") }
      }
      try Self.wait("\(expected.count) lines but \(seen().count)") {
        seen().count >= expected.count
      }
      #expect(seen().sorted() == expected.sorted())
      #expect(tail.log.isEmpty, "\(tail.log)")
    }
  }

  @Test func whatNobodySawIsCounted() throws {
    let gateway = try gateway("[history]\nsize = 5\n", threads: 1)
    defer { gateway.kill(); simulator.stop() }
    try send("first", "m", to: gateway)
    let tail = try tail()
    defer { tail.kill() }
    _ = try tail.line(containing: " 200 m ")
    tail.signal(SIGSTOP)
    for number in 0..<20 { try send("\(number)", "lost-\(number)", to: gateway) }
    tail.signal(SIGCONT)
    #expect(try tail.line(containing: "not shown") == "… 15 requests not shown")
    let last = try tail.line(containing: "lost-19")
    #expect(last.contains(" 404 lost-19 ") && last.contains("→ none"), "\(last)")
    #expect(!tail.lines.contains { $0.contains("lost-14") })
  }

  @Test func itBeginsWithTheLastThatFit() throws {
    let gateway = try gateway("[history]\nsize = 100\n")
    defer { gateway.kill(); simulator.stop() }
    for number in 0..<12 { try send("r\(number)", number < 3 ? "nobody" : "m", to: gateway) }
    try send("evil", #"\u001b]0;x\u0007\u202eevil"#, to: gateway)
    try Self.wait("all in the history") {
      let client = try LoadClient(path: socket)
      defer { client.close() }
      return try client.exchange(LoadClient.get("/history")).text.contains(#""evil""#)
    }
    func lines(_ arguments: String..., enough: Int) throws -> [String] {
      let tail = try ChildProcess(
        ProgramRun.nexus, arguments: ["tail", "--control-socket", socket] + arguments,
        environment: household.environment())
      defer { tail.kill() }
      try Self.wait("\(enough) lines") { tail.lines.count >= enough }
      tail.signal(SIGINT)
      #expect(try tail.waitForExit() == -SIGINT)
      #expect(tail.log.isEmpty)
      return tail.lines
    }
    let usual = try lines(enough: 10)
    #expect(usual.count == 10)
    #expect(usual[9].contains(" 404 ?]0;x??evil"), "\(usual[9])")
    #expect(!usual.joined().contains("\u{1B}"))
    #expect(try lines("--model", "nobody", "-n", "2", enough: 2).count == 2)
    #expect(try lines("--errors", enough: 4).count == 4)
    #expect(try lines("--backend", "box-0", "-n", "4", "--json", enough: 4).count == 4)
    #expect(try lines("-n", "2000", enough: 13).count == 13)
  }

  @Test func itOutlivesTheGateway() throws {
    let first = try gateway()
    defer { simulator.stop() }
    try send("before", "m", to: first)
    let tail = try tail("--json")
    defer { tail.kill() }
    _ = try tail.line(containing: "before")
    first.kill()
    try Self.wait("a word about it") { tail.log.contains("waiting for it") }
    let second = try gateway()
    defer { second.kill() }
    try send("after", "m", to: second)
    _ = try tail.line(containing: "after")
    #expect(Self.ids(tail) == ["before", "after"])
    // It comes by another pipe than the lines.
    try Self.wait("a word about the restart") { tail.log.contains("has been restarted") }
    #expect(tail.log.components(separatedBy: "has been restarted").count == 2, "\(tail.log)")
    #expect(tail.log.components(separatedBy: "waiting for it").count == 2, "\(tail.log)")
  }

  @Test func aReaderThatGoesIsNoError() throws {
    let gateway = try gateway()
    defer { gateway.kill(); simulator.stop() }
    for number in 0..<5 { try send("\(number)", "m", to: gateway) }
    let run = try household.run(
      "/bin/sh", ["-c", "nexus tail --control-socket \(socket) | head -2"],
      household.environment())
    #expect(run.output.split(separator: "\n").count == 2 && run.errors.isEmpty, "\(run.errors)")
    gateway.kill()
    let gone = try household.nexus("tail", "--control-socket", socket)
    #expect(gone.status == 3 && gone.errors.contains("nexus serve"), "\(gone.errors)")
    let wrong = try household.nexus("tail", "-n", "x")
    #expect(wrong.status == 2 && wrong.errors.contains("0 to 10000"), "\(wrong.errors)")
  }

  @Test func onATerminalItHasTitlesAndColours() throws {
    let gateway = try gateway()
    defer { gateway.kill(); simulator.stop() }
    try send("well", "m", to: gateway)
    try send("nobody", "nobody-has-such-a-model-and-nobody-ever-will", to: gateway)
    for (plain, more) in [(false, [:]), (true, ["NO_COLOR": "1"])] {
      let terminal = try PseudoTerminal(
        rows: 24, columns: 60, ["tail", "--control-socket", socket],
        environment: household.environment().merging(more) { $1 })
      try terminal.wait("both lines") { $0.contains(" 200 m") && $0.contains(" 404 nobody") }
      #expect(terminal.picture.columns <= 60, "\(terminal.picture.text)")
      #expect(terminal.picture.contains("MODEL") && terminal.picture.contains("TOOK"))
      #expect(terminal.output.contains("\u{1B}[32m") != plain)
      terminal.press("\u{03}")
      _ = try terminal.exitCode()
    }
  }
}
