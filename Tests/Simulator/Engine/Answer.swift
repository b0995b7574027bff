import LatencyModels

/// What a simulated model says: the same to the same question, for the same seed.
struct Answer {
  struct Call {
    let name: String
    let arguments: String
  }

  let thoughts: [String]
  let tokens: [String]
  let call: Call?
  /// `stop`, `length` or `tool_calls`.
  let finish: String
  let promptTokens: Int

  var text: String { tokens.joined() }
  var thought: String { thoughts.joined() }
  var completionTokens: Int { thoughts.count + tokens.count + (call == nil ? 0 : 8) }
  var totalTokens: Int { promptTokens + completionTokens }

  /// - Parameters:
  ///   - words: how long an answer is when the question does not say "N words".
  ///   - room: tokens left in the context.
  init(to prompt: Prompt, thinks: Bool, words: Int, room: Int, seed: UInt64) {
    promptTokens = prompt.tokens
    var random = Random(seed: seed ^ Random.hash(prompt.question.utf8))
    if let name = prompt.calledFunction {
      thoughts = []
      tokens = []
      call = Call(name: name, arguments: "{\"city\":\"\(Answer.city(in: prompt.question))\"}")
      finish = "tool_calls"
      return
    }
    call = nil
    let wanted =
      Answer.echo(prompt.question)
      + Answer.chatter(Answer.askedWords(prompt.question) ?? words, &random)
    let musing = thinks && prompt.wantsThought ? Answer.chatter(6, &random) : []
    let limit = min(prompt.limit ?? Int.max, max(1, room))
    thoughts = Array(musing.prefix(limit))
    tokens = Array(wanted.prefix(limit - thoughts.count))
    finish = thoughts.count + tokens.count < musing.count + wanted.count ? "length" : "stop"
  }

  /// The first words of the question, so that tests can tell answers apart.
  private static func echo(_ question: String) -> [String] {
    let words = question.split(whereSeparator: \.isWhitespace).prefix(8)
    return ["You", " said:"] + words.map { " " + $0 } + ["."]
  }

  private static func chatter(_ count: Int, _ random: inout Random) -> [String] {
    let words = [
      "the", "quiet", "river", "carries", "small", "boats", "under", "an", "old", "bridge", "while",
      "morning", "light", "finds", "every", "window", "and", "someone", "sings", "softly", "naïve",
    ]
    return (0..<count).map { _ in " " + words[random.below(words.count)] }
  }

  /// "Write 500 words" asks for five hundred.
  private static func askedWords(_ question: String) -> Int? {
    let words = question.lowercased().split { !$0.isLetter && !$0.isNumber }
    guard let at = words.lastIndex(where: { $0 == "words" || $0 == "word" }), at > 0 else {
      return nil
    }
    return Int(words[at - 1]).map { min($0, 200_000) }
  }

  private static func city(in question: String) -> String {
    let words = question.split { !$0.isLetter }
    guard let at = words.lastIndex(where: { $0.lowercased() == "in" }), at + 1 < words.count else {
      return "Paris"
    }
    return String(words[at + 1])
  }
}
