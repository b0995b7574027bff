import Drivers
import LatencyModels
import Routing

/// A client's request from its arrival to its end.
final class Call {
  /// Place of the conversation in the trace, and of the request in the conversation.
  let conversation: Int
  let step: Int
  let arrival: Double
  let model: Int
  let prompt: Passage
  /// Tokens of the answer.
  let answer: Int
  /// Tokens after each message from the beginning on.
  let cuts: [Int]
  /// Bytes of a token in this conversation.
  let bytesPerToken: Double
  private let seed: UInt64

  /// What the gateway sees of what it continues.
  var chain = PrefixChain()
  /// Milliseconds from arrival to the first token; nil if it never came.
  var firstToken: Double?
  /// Tokens of the prompt that were in a cache where it was answered.
  var cached = 0
  /// Tokens of the prompt that some server had computed before.
  var reusable = 0
  /// Whether it got no answer, or not all of it.
  var hasFailed = false
  /// Times that it was answered to the end.
  var answers = 0

  /// Tokens that a chat template puts around a message.
  private static let messageTokens = 4

  init(_ trace: Trace, conversation: Int, step: Int, at arrival: Double) {
    let script = trace.scripts[conversation]
    self.conversation = conversation
    self.step = step
    self.arrival = arrival
    model = script.model
    answer = script.steps[step].answer
    var cuts = script.familyTokens > 0 ? [script.familyTokens] : []
    var tokens = script.familyTokens
    for past in script.steps[...step] {
      if past.added > 0 || cuts.isEmpty { tokens += past.added; cuts.append(tokens) }
      tokens += past.answer
      cuts.append(tokens)
    }
    cuts.removeLast()
    self.cuts = cuts
    prompt = Passage(
      family: script.family, familyTokens: script.familyTokens, conversation: conversation,
      tokens: cuts.last ?? 1)
    // Code has fewer bytes to a token, prose more.
    var random = Random(seed: trace.seed &* 31 &+ UInt64(conversation))
    bytesPerToken = 3.2 + 1.2 * random.fraction()
    seed = (trace.seed &* 1_000_003 &+ UInt64(conversation)) &* 1_009 &+ UInt64(step)
  }

  /// The request as a server gets it: the same whichever that is.
  func job(id: Int) -> Job {
    Job(id: id, model: model, prompt: prompt, answer: answer, random: Random(seed: seed))
  }

  /// A number as good as random that is the same for every strategy.
  var draw: UInt64 {
    var random = Random(seed: ~seed)
    return random.next()
  }

  /// Bytes of a text of so many tokens.
  func textBytes(_ tokens: Int) -> Int { Int(Double(tokens) * bytesPerToken) }

  /// Bytes of the whole prompt, without what the template adds.
  var bytes: UInt64 { UInt64(textBytes(max(0, prompt.tokens - Self.messageTokens * cuts.count))) }

  /// What the gateway sees of it.
  func facts(warm: WarmPlaces) -> RequestFacts {
    var facts = RequestFacts(model: Desk.modelName(model), operation: .chat, prompt: size)
    facts.warm = warm
    return facts
  }

  /// What the gateway sees of the length of its prompt.
  var size: PromptSize { PromptSize(bytes: bytes, messages: cuts.count) }
}
