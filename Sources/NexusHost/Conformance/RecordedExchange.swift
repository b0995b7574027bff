import Drivers

/// An exchange with a server, written down: what is asked, and what the server answers.
public struct RecordedExchange: Equatable, Sendable {
  /// What a server answers to some request.
  struct Reply: Equatable, Sendable {
    /// How it ends.
    enum Ending: Equatable, Sendable { case complete, broken(BreakCause) }

    /// 0 if it broke before there was any.
    var status = 200
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var ending = Ending.complete

    static func == (one: Reply, other: Reply) -> Bool {
      one.status == other.status && one.body == other.body && one.ending == other.ending
        && one.fields.elementsEqual(other.fields) { $0.name == $1.name && $0.value == $1.value }
    }
  }

  /// Which requests are answered so: a method and a path, "*" for any.
  struct Answer: Equatable, Sendable {
    let method: String
    let path: String
    let reply: Reply

    /// A "*" at the end of the path stands for any rest.
    func fits(_ method: String, _ path: String) -> Bool {
      guard self.method == "*" || self.method == method else { return false }
      if self.path.hasSuffix("*") { return path.hasPrefix(self.path.dropLast()) }
      return self.path == path
    }
  }

  /// What the recording says about how it must end.
  enum Expectation: Equatable, Sendable {
    /// Nothing.
    case none
    /// With that word: "relay", "done", or a failure such as "overloaded" or "overloaded(2000)".
    case outcome(String)
  }

  /// The name of the file, with the operation if it is for several: "ollama.survey".
  public let name: String
  var kind = OperationKind.chat
  /// The type of the server that was recorded; empty for any.
  var type = ""
  var model = ""
  var stream = false
  var expectation = Expectation.none
  var body: [UInt8] = []
  /// In order; of several that fit, each is used once, and the last again and again.
  var answers: [Answer] = []

  /// What the driver is asked.
  var operation: DriverOperation {
    DriverOperation(
      kind: kind, stream: stream, backendType: Array(type.utf8), model: Array(model.utf8),
      modelJSON: modelRange.isEmpty ? [] : [0x22] + Array(model.utf8) + [0x22],
      modelRange: modelRange)
  }

  /// Where the value of `"model":` stands in the client's body; a simple search is enough for
  /// recordings, which have it at the top level.
  private var modelRange: Range<Int> {
    let key = Array("\"model\":".utf8)
    guard let start = body.firstPlace(of: key) else { return 0..<0 }
    guard let open = body[(start + key.count)...].firstIndex(of: 0x22),
      let close = body[(open + 1)...].firstIndex(of: 0x22)
    else { return 0..<0 }
    return open..<(close + 1)
  }
}

extension [UInt8] {
  /// The first place where `bytes` stand.
  func firstPlace(of bytes: [UInt8]) -> Int? {
    guard count >= bytes.count else { return nil }
    return (0...(count - bytes.count)).first { self[$0...].starts(with: bytes) }
  }
}
