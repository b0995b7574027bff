import Fleet

/// How large a prompt is, as far as it can be seen without the model's tokenizer.
public struct PromptSize: Equatable, Sendable {
  /// Bytes of text: messages, tools, instructions, inputs; without the JSON around them.
  public var bytes: UInt64
  /// Messages, each of which has some tokens of its own.
  public var messages: Int
  /// Images and other parts that are no text.
  public var images: Int
  /// Tokens that are known exactly: inputs that are token numbers.
  public var knownTokens: UInt64
  /// Where inputs are computed one by one (embeddings), the largest of them, which is what a window
  /// has to hold; nil if that is all.
  public var largest: Input?

  /// One of several inputs.
  public struct Input: Equatable, Sendable {
    public var bytes: UInt64
    public var knownTokens: UInt64

    public init(bytes: UInt64, knownTokens: UInt64 = 0) {
      self.bytes = bytes
      self.knownTokens = knownTokens
    }
  }

  private static let tokensPerMessage: UInt64 = 4
  /// What an image of usual size takes in the models of today, about.
  private static let tokensPerImage: UInt64 = 800
  /// How far an estimate can be too high: real counts are within a quarter of it on ordinary text.
  private static let doubt = 0.75
  /// Bytes of text that make a token at the least, whatever the text and the tokenizer.
  private static let fewestBytes = 0.5

  public init(bytes: UInt64 = 0, messages: Int = 0, images: Int = 0, knownTokens: UInt64 = 0) {
    self.bytes = bytes
    self.messages = messages
    self.images = images
    self.knownTokens = knownTokens
  }

  /// The tokens of the prompt, estimated; of all inputs together.
  public func tokens(bytesPerToken: Double = TokenScale.usual) -> UInt64 {
    knownTokens &+ overhead &+ Self.text(bytes, bytesPerToken)
  }

  /// The tokens that a window has to hold, estimated.
  public func windowTokens(bytesPerToken: Double = TokenScale.usual) -> UInt64 {
    guard let largest else { return tokens(bytesPerToken: bytesPerToken) }
    return largest.knownTokens &+ overhead &+ Self.text(largest.bytes, bytesPerToken)
  }

  /// The tokens that it has at the least, if the estimate is as wrong as it can be.
  func leastTokens(bytesPerToken: Double) -> UInt64 {
    let known = largest?.knownTokens ?? knownTokens
    let estimate = windowTokens(bytesPerToken: bytesPerToken) &- known
    return known &+ UInt64(Double(estimate) * Self.doubt)
  }

  /// The tokens that it is reckoned to cost where the model's tokenizer is known well enough; nil where
  /// it is not, and for images, whose tokens are the model's own affair.
  func costTokens(_ scale: TokenScale.Figures) -> UInt64? {
    guard scale.isCalibrated, images == 0 else { return nil }
    let estimate = tokens(bytesPerToken: scale.bytesPerToken) &- knownTokens
    return knownTokens &+ UInt64((Double(estimate) * scale.margin).rounded(.up))
  }

  /// More tokens than the window has to hold for any model: what surely fits.
  var mostTokens: UInt64 { windowTokens(bytesPerToken: Self.fewestBytes) }

  /// What is neither text nor known.
  private var overhead: UInt64 {
    UInt64(messages) &* Self.tokensPerMessage &+ UInt64(images) &* Self.tokensPerImage
  }

  /// Bytes of the text of a prompt without images of which the model has read `tokens` tokens, to
  /// calibrate by; nil where it teaches nothing of text.
  public func sample(tokens: UInt64) -> (bytes: UInt64, tokens: UInt64)? {
    guard images == 0, tokens > knownTokens &+ overhead else { return nil }
    return (bytes, tokens &- knownTokens &- overhead)
  }

  private static func text(_ bytes: UInt64, _ bytesPerToken: Double) -> UInt64 {
    UInt64((Double(bytes) / bytesPerToken).rounded(.up))
  }
}
