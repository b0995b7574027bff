import Drivers
import Fleet

/// What routing needs to know about a request; never its content.
public struct RequestFacts: Equatable, Sendable {
  /// How strictly the client means what it asks for (the headers x-nexus-strict and
  /// x-nexus-flexible).
  public enum Mode: String, Sendable {
    /// The tier that a policy demands is kept; fallback models may serve.
    case standard
    /// The same, and no other model may serve.
    case strict
    /// A lower tier may serve where no backend reaches the one demanded.
    case flexible
  }

  /// The model's name as the client wrote it, decoded.
  public var model: String
  /// What the client asks for.
  public var operation: OperationKind
  public var mode: Mode
  /// Abilities that the request needs besides those that its operation implies.
  public var needs: Abilities
  /// How large the prompt is.
  public var prompt: PromptSize
  /// Whether the client waits for the whole answer, and not for its first token.
  public var isWhole = false
  /// The longest answer that the client allows, in tokens; 0 where it says nothing.
  public var answerLimit: UInt64 = 0
  /// Where it is best continued.
  public var warm = WarmPlaces()

  /// What it may cost.
  public var spending = Spending()

  public init(
    model: String, operation: OperationKind, mode: Mode = .standard, needs: Abilities = [],
    prompt: PromptSize = PromptSize()
  ) {
    self.model = model
    self.operation = operation
    self.mode = mode
    self.needs = needs
    self.prompt = prompt
  }

  /// All abilities without which a model cannot serve the request. Reasoning is none of them: a model
  /// that does not reason answers all the same.
  var allNeeds: Abilities {
    let needs = needs.subtracting(.reasoning)
    return switch operation {
    case .chat, .messages, .responses: needs.union(.chat)
    case .embeddings: needs.union(.embeddings)
    case .rerank: needs.union(.rerank)
    default: needs
    }
  }
}
