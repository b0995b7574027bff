import Foundation
import Testing

@testable import Drivers

/// The six built drivers, loaded as the host loads them.
///
/// They lie beside the test program; NEXUS_DRIVER_DIR names another directory, whose files may be
/// called `ollama.so` or `libollama.so`.
enum ReplayDrivers {
  static let names = ["ollama", "vllm", "llamacpp", "lmstudio", "exo", "openai"]

  private static let loaded: [String: Driver] = {
    var drivers: [String: Driver] = [:]
    for name in names {
      do { drivers[name] = try DriverLoader.load(path: path(name)) } catch {
        Issue.record("\(path(name)): \(error)")
      }
    }
    return drivers
  }()

  /// The driver of that name; the test fails if it cannot be loaded.
  static func driver(_ name: String) throws -> Driver {
    try #require(loaded[name], "driver \(name) is not loaded")
  }

  /// The file of that driver.
  static func path(_ name: String) -> String {
    let plain = "\(directory)/\(name).so"
    return FileManager.default.fileExists(atPath: plain) ? plain : "\(directory)/lib\(name).so"
  }

  private static var directory: String {
    if let named = ProcessInfo.processInfo.environment["NEXUS_DRIVER_DIR"] { return named }
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    return URL(fileURLWithPath: program ?? "/").deletingLastPathComponent().path
  }
}

/// The root of the repository.
let repositoryRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// A reply of a server, as it comes out of the HTTP codec.
struct Reply {
  /// How it ends.
  enum Ending: Equatable { case complete, broken(BreakCause) }

  var status = 200
  var headers: [(String, String)] = [("content-type", "application/json")]
  var body: [UInt8] = []
  var ending = Ending.complete

  init(_ status: Int = 200, _ body: String = "", headers: [(String, String)]? = nil) {
    self.status = status
    self.body = Array(body.utf8)
    if let headers { self.headers = headers }
  }

  /// No connection, or a broken one before any byte.
  static func broken(_ cause: BreakCause) -> Reply {
    var reply = Reply(0)
    reply.ending = .broken(cause)
    return reply
  }

  /// An event stream of the given data lines.
  static func stream(_ events: [String], ending: Ending = .complete) -> Reply {
    var reply = Reply(200, headers: [("content-type", "text/event-stream")])
    reply.body = Array(events.map { "data: \($0)\n\n" }.joined().utf8)
    reply.ending = ending
    return reply
  }
}

/// How a reply is handed to a driver.
enum Cut: CustomStringConvertible {
  case whole
  case at(Int)
  case every(Int)

  /// The pieces of a body of `count` bytes.
  func pieces(_ count: Int) -> [Range<Int>] {
    switch self {
    case .whole: return count == 0 ? [] : [0..<count]
    case .at(let offset):
      return [0..<min(offset, count), min(offset, count)..<count].filter { !$0.isEmpty }
    case .every(let size):
      return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }
  }

  var description: String {
    switch self {
    case .whole: "whole"
    case .at(let offset): "cut at \(offset)"
    case .every(let size): "in pieces of \(size)"
    }
  }
}

/// All that an exchange led to.
struct Transcript: Equatable {
  /// The last verdict, where a relayed reply that went well counts as RELAY.
  var verdict = Verdict.more
  var failure: DriverFailure?
  var reports = DriverReports()
  /// `METHOD path` and the body of each request.
  var requests: [String] = []

  /// The failure in short, such as `overloaded(2000)`, or the verdict.
  var outcome: String {
    guard let failure else { return "\(verdict)" }
    return failure.detail == 0 ? failure.code.name : "\(failure.code.name)(\(failure.detail))"
  }
}

/// Plays a server to a driver.
struct Replay {
  /// Answers a request; `request` is `METHOD path`.
  typealias Server = (_ request: String, _ body: String) -> Reply

  /// Runs one operation to its end. At most 40 requests are answered.
  static func run(
    _ driver: Driver, _ operation: DriverOperation, body: [UInt8] = [], cut: Cut = .whole,
    server: Server
  ) -> Transcript {
    let exchange = Exchange()
    var transcript = Transcript()
    var verdict = exchange.begin(driver, operation, body: body.span.bytes)
    while verdict == .send, transcript.requests.count < 40 {
      let described = exchange.sink.request
      let name =
        String(decoding: described.method, as: UTF8.self) + " "
        + String(decoding: described.path, as: UTF8.self)
      let sent = String(decoding: described.assembledBody(clientBody: body), as: UTF8.self)
      transcript.requests.append(sent.isEmpty ? name : "\(name) \(sent)")
      verdict = feed(server(name, sent), to: exchange, cut)
    }
    transcript.verdict = verdict
    transcript.failure = exchange.sink.failure
    transcript.reports = exchange.sink.reports
    exchange.close()
    return transcript
  }

  /// Shows a reply piece by piece and gives the verdict with which the driver left it.
  private static func feed(_ reply: Reply, to exchange: Exchange, _ cut: Cut) -> Verdict {
    var relayed = false
    func isOver(_ verdict: Verdict) -> Bool {
      if verdict == .relay { relayed = true }
      return verdict != .more && verdict != .relay
    }
    if reply.status != 0 {
      let verdict = exchange.head(reply.status, reply.headers)
      if isOver(verdict) { return verdict }
      for range in cut.pieces(reply.body.count) {
        let piece = Array(reply.body[range])
        let verdict = exchange.body(piece.span.bytes)
        if isOver(verdict) { return verdict }
      }
    }
    let last: Verdict
    switch reply.ending {
    case .complete: last = exchange.complete()
    case .broken(let cause): last = exchange.broke(cause)
    }
    return relayed && last == .done ? .relay : last
  }

  /// The cuts that a body is tried with: every byte of a short one, and of a long one the first
  /// kilobyte, the end, all line ends and a stride between them.
  static func cuts(_ body: [UInt8]) -> [Cut] {
    var offsets = Set(stride(from: 1, to: min(body.count, 1024), by: 1))
    if body.count > 1024 {
      offsets.formUnion(stride(from: 1024, to: body.count, by: 211))
      offsets.formUnion(max(1, body.count - 64)..<body.count)
      for index in body.indices.dropFirst().dropLast() where body[index] == 0x0A {
        offsets.formUnion([index, index + 1])
        if offsets.count > 1300 { break }
      }
    }
    return offsets.sorted().map { Cut.at($0) } + [.every(1), .every(7), .every(1000)]
  }
}

extension Replay {
  /// An operation as the host would describe it for a client's body, with the model replaced.
  static func operation(
    _ kind: OperationKind, stream: Bool = false, type: String = "", model: String = "",
    body: String = ""
  ) -> DriverOperation {
    var range = 0..<0
    if let key = body.range(of: "\"model\":"),
      let end = body[key.upperBound...].dropFirst().firstIndex(of: "\"")
    {
      let start = body.utf8.distance(from: body.startIndex, to: key.upperBound)
      let stop = body.utf8.distance(from: body.startIndex, to: end)
      range = start..<(stop + 1)
    }
    return DriverOperation(
      kind: kind, stream: stream, backendType: Array(type.utf8), model: Array(model.utf8),
      modelJSON: model.isEmpty ? [] : Array("\"\(model)\"".utf8), modelRange: range)
  }
}
