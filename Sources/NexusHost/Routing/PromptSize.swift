import Fleet

/// How large a prompt is, as far as it can be seen without the model's tokenizer.
public struct PromptSize: Equatable, Sendable {
  /// Bytes of text: messages, tools, instructions, inputs; without the JSON around them.
  public var bytes: UInt64
  /// Messages, each of which has some tokens of its own.
  public var messages: Int
  /// Images and other parts that are no text.
  public var images: Int
  /// Tokens that are known exactly, such as inputs that are token numbers.
  public var knownTokens: UInt64

  private static let tokensPerMessage: UInt64 = 4
  /// What an image of usual size takes in the models of today, about.
  private static let tokensPerImage: UInt64 = 800

  public init(bytes: UInt64 = 0, messages: Int = 0, images: Int = 0, knownTokens: UInt64 = 0) {
    self.bytes = bytes
    self.messages = messages
    self.images = images
    self.knownTokens = knownTokens
  }

  /// The tokens of the prompt, estimated.
  public func tokens(bytesPerToken: Double = TokenScale.usual) -> UInt64 {
    let text = UInt64((Double(bytes) / bytesPerToken).rounded(.up))
    return knownTokens &+ text &+ UInt64(messages) &* Self.tokensPerMessage
      &+ UInt64(images) &* Self.tokensPerImage
  }
}
