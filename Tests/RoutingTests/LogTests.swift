import Foundation
import Net
import Synchronization
import Testing

@testable import Config
@testable import Telemetry

struct LogTests {
  private func line(
    _ message: String, _ fields: KeyValuePairs<StaticString, any LogValue> = [:],
    _ format: LogFormat = .pretty, isColored: Bool = false
  ) -> String {
    let line = LogLine()
    line.start(
      LogStyle(format: format, isColored: isColored), .warn, .fleet,
      unixNanoseconds: 1_795_498_496_007_008_009)
    line.message(message)
    for (name, value) in fields { value.write(to: line, as: name) }
    line.finish()
    return String(decoding: line.bytes.bytes(0..<line.bytes.count), as: UTF8.self)
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private var fields: KeyValuePairs<StaticString, any LogValue> {
    [
      "backend": "a", "reason": "no \"route\"", "empty": "", "count": 3, "share": 0.5,
      "stream": true,
      "missing": Optional<Int>.none, "below": -7, "fixed": "x" as StaticString,
    ]
  }

  @Test func linesForPeopleAreAligned() {
    let expected =
      "2026-11-24T05:34:56.007Z WARN  fleet     backend is down backend=a"
      + " reason=\"no \\\"route\\\"\" count=3 share=0.5 stream=true below=-7 fixed=x\n"
    #expect(line("backend is down", fields) == expected)
    #expect(line("m", ["a": "b=c", "d": "/x?y"]).hasSuffix(" m a=\"b=c\" d=/x?y\n"))
  }

  @Test func linesForProgramsAreJSON() throws {
    let text = line("backend is down", fields, .json)
    #expect(
      text == "{\"timestamp\":\"2026-11-24T05:34:56.007008Z\",\"level\":\"WARN\","
        + "\"target\":\"nexus.fleet\",\"message\":\"backend is down\",\"backend\":\"a\","
        + "\"reason\":\"no \\\"route\\\"\",\"count\":3,\"share\":0.5,\"stream\":true,\"below\":-7,"
        + "\"fixed\":\"x\"}\n")
    #expect(try object(text)["count"] as? Int == 3)
  }

  @Test func coloursSurroundAndChangeNothingElse() {
    let colored = line("m", fields, isColored: true)
    #expect(colored.contains("\u{1B}[33mWARN"))
    var bare = ""
    var isCode = false
    for character in colored {
      if character == "\u{1B}" { isCode = true }
      if !isCode { bare.append(character) }
      if character == "m" { isCode = false }
    }
    // The message "m" ends no code.
    #expect(bare == line("m", fields))
  }

  @Test(arguments: LogFormat.allCases) func aPeerCannotForgeALine(format: LogFormat) throws {
    let bad = "a\nb\u{1B}[31m\u{9B}2J\u{202E}\u{2028}\u{7F}\0"
    let forged = line(bad, ["k": "x\r\n1970 error y", "u": bad], format)
    #expect(forged.unicodeScalars.count { $0 == "\n" } == 1)
    #expect(forged.hasSuffix("\n"))
    #expect(
      !forged.dropLast().unicodeScalars.contains { $0.properties.generalCategory == .control })
    #expect(forged.contains("a\\u000ab\\u001b[31m\\u009b2J\\u202e\\u2028\\u007f\\u0000"))
    if format == .json { #expect(try object(forged)["u"] as? String == bad) }
  }

  @Test func bytesThatAreNoTextAreReplaced() throws {
    let line = LogLine()
    line.start(LogStyle(format: .json), .info, .api, unixNanoseconds: 0)
    line.message("m" as StaticString)
    line.field("model", text: [0x61, 0xFF, 0xC3, 0x28].span)
    line.finish()
    let text = String(decoding: line.bytes.bytes(0..<line.bytes.count), as: UTF8.self)
    #expect(try object(text)["model"] as? String == "a\u{FFFD}\u{FFFD}(")
  }

  @Test(arguments: LogFormat.allCases) func longLinesAreCut(format: LogFormat) throws {
    for text in ["é", "\"", "\u{1}", "x", "\u{1F600}"].map({ String(repeating: $0, count: 5_000) })
    {
      for cut in [line(text, ["later": 1], format), line("m", ["k": text, "later": 1], format)] {
        #expect(cut.utf8.count <= LogLine.longest)
        #expect(cut.utf8.count > LogLine.longest - 40)
        #expect(cut.contains("..."))
        #expect(!cut.contains("\u{FFFD}"))
        #expect(!cut.contains("later"))
        if format == .json { _ = try object(cut) }
      }
    }
    let many = line(String(repeating: "x", count: 4_000), ["a": "1", "b": 2, "c": 3.5], format)
    #expect(many.utf8.count <= LogLine.longest)
  }

  @Test func secretsOfPeersAreTakenOut() {
    let text = line("GET /?key=abc", ["reason": "Incorrect API key provided: sk-abcdefgh12"])
    #expect(text.contains("GET /?key=*** "))
    #expect(text.contains("provided: ***"))
  }

  // MARK: Levels

  @Test func levelsChangeWhileRunning() throws {
    let (log, read) = try pipeLog("info,api=debug")
    log.debug("api", "one")
    log.debug("fleet", "not")
    log.levels = try LogLevels.parse("fleet=trace", over: log.levels)
    log.trace("fleet", "two")
    log.levels = LogLevels(.error)
    log.warn("api", "not")
    log.error("api", "three")
    let lines = read()
    #expect(lines.map { $0.split(separator: " ").last } == ["one", "two", "three"])
  }

  @Test func allLevelsFitIntoOneWord() throws {
    for level in LogLevel.allCases {
      for (index, component) in LogComponent.allCases.enumerated() {
        let other = LogLevel.allCases[index % LogLevel.allCases.count]
        let levels = LogLevels(level, exceptions: [component: other])
        let thresholds = LogThresholds(levels)
        #expect(thresholds.levels == levels)
        #expect(thresholds.allow(other, component))
        #expect(thresholds.allow(max(level, other)))
        #expect(max(level, other) == .trace || !thresholds.allow(.trace))
      }
    }
  }

  @Test func aLineThatIsOffIsNotMade() {
    let log = Log(level: .warn)
    func text() -> String {
      Issue.record("the message was made")
      return ""
    }
    log.info("api", text(), ["a": text()])
  }

  // MARK: Sinks

  private func pipeLog(_ filter: String) throws -> (Log, () -> [Substring]) {
    let pipe = Pipe()
    let log = Log(
      levels: try LogLevels.parse(filter), isColored: false,
      output: pipe.fileHandleForWriting.fileDescriptor)
    return (
      log,
      {
        #expect(log.flush(within: 5_000))
        try? pipe.fileHandleForWriting.close()
        let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
      }
    )
  }

  /// A reader that does not read costs lines, never time; they are counted, and told when it reads.
  @Test func aStuckReaderLosesLinesAndHearsOfIt() throws {
    let pipe = Pipe()
    let log = Log(level: .info, output: pipe.fileHandleForWriting.fileDescriptor)
    let total = 40_000
    for number in 0..<total {
      log.info("api", "\(number) " + String(repeating: "x", count: 100))
    }
    #expect(log.dropped > 0)
    #expect(!log.flush(within: 20))
    let text = Mutex("")
    let isRead = DispatchSemaphore(value: 0)
    // A thread of its own: other tests may hold up all those of the pool.
    Thread {
      let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
      text.withLock { $0 = String(decoding: data, as: UTF8.self) }
      isRead.signal()
    }.start()
    #expect(log.flush(within: 20_000))
    log.info("api", "last")
    #expect(log.flush(within: 5_000))
    try pipe.fileHandleForWriting.close()
    isRead.wait()
    let lines = text.withLock { $0 }.split(separator: "\n")
    #expect(lines.last?.hasSuffix(" last") == true)
    let notes = lines.filter { $0.contains("lines were dropped") }
    let told = notes.compactMap { Int($0.split(separator: "=").last ?? "") }.reduce(0, +)
    #expect(told == Int(log.dropped))
    #expect(told + lines.count - notes.count - 1 == total)
    // What was kept is whole and in order.
    let numbers = lines.dropLast().filter { !$0.contains("dropped") }.compactMap {
      Int($0.split(separator: " ")[3])
    }
    #expect(numbers == numbers.sorted())
    #expect(numbers.count + told == total)
  }

  @Test func manyThreadsWriteWholeLines() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    let file = open(path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
    defer {
      close(file)
      unlink(path)
    }
    do {
      let log = Log(levels: LogLevels(.info), format: .json, output: file)
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        for number in 0..<2_000 { log.info("api", "m", ["thread": thread, "number": number]) }
      }
    }
    // The end of the log has written all of it.
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var next = [0, 0, 0, 0]
    for line in text.split(separator: "\n") {
      let object = try object(String(line))
      let thread = try #require(object["thread"] as? Int)
      #expect(object["number"] as? Int == next[thread])
      next[thread] += 1
    }
    #expect(next == [2_000, 2_000, 2_000, 2_000])
  }

  @Test func aBrokenSinkHangsNobody() throws {
    let pipe = Pipe()
    let log = Log(level: .info, output: pipe.fileHandleForWriting.fileDescriptor)
    try pipe.fileHandleForReading.close()
    log.info("api", "to nobody")
    #expect(log.flush(within: 5_000))
    #expect(log.dropped == 1)
  }
}
