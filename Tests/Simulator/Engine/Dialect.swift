import LatencyModels

/// The facts of one answer that a dialect writes down.
struct Run {
  let id: String
  let created: Int
  /// The model's name as the server echoes it.
  let model: String
  let prompt: Prompt
  let answer: Answer
  var random: Random
  var promptMilliseconds = 0.0
  var predictedMilliseconds = 0.0
}

/// How one kind of server words an answer, streamed or whole.
protocol Dialect {
  /// When the head of a streamed answer goes out.
  var headMoment: HeadMoment { get }
  var streamType: String { get }
  var streamHeaders: [(String, String)] { get }
  /// Is the connection closed after a stream?
  var closesAfterStream: Bool { get }
  /// Does even a whole answer's head go out before the work is done?
  var sendsHeadOfWhole: Bool { get }
  /// A comment that follows the head at once, and comes again every so many milliseconds.
  var comment: (text: String, every: Double)? { get }
  /// Do the opening and the first token share one chunk?
  var joinsOpening: Bool { get }

  func opening(_ run: Run) -> [String]
  func thought(_ run: Run, _ token: String) -> String
  func text(_ run: Run, _ token: String) -> String
  func call(_ run: Run, _ call: Answer.Call) -> [String]
  func closing(_ run: Run) -> [String]
  func whole(_ run: Run) -> JSON
}

enum HeadMoment {
  /// As soon as the request is accepted.
  case atOnce
  /// When a slot is granted and the prompt is being read.
  case withSlot
  case withFirstToken
}

extension Dialect {
  var headMoment: HeadMoment { .withFirstToken }
  var streamType: String { "text/event-stream" }
  var streamHeaders: [(String, String)] { [] }
  var closesAfterStream: Bool { false }
  var sendsHeadOfWhole: Bool { false }
  var comment: (text: String, every: Double)? { nil }
  var joinsOpening: Bool { false }
  func opening(_ run: Run) -> [String] { [] }
}

/// Server-sent events with line feeds only, as all imitated servers write them.
enum SSE {
  static let done = "data: [DONE]\n\n"
  static func data(_ json: JSON, spaced: Bool = false) -> String {
    "data: \(json.text(spaced: spaced))\n\n"
  }
}
