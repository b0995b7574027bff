import DriverKit

/// What is known of OpenAI's own models, whose list says nothing but their names. Figures from the
/// vendor's model pages; a model that is not here is unknown, which excludes it from nothing.
struct Family {
  let prefix: StaticString
  let context: UInt64
  let output: UInt64
  let abilities: UInt32

  private static let tools = Abilities.tools | Abilities.json
  private static let seeing = tools | Abilities.vision
  private static let thinking = seeing | Abilities.reasoning

  /// The first prefix that fits counts, so longer ones come first.
  private static let chat: [Family] = [
    Family(prefix: "gpt-5", context: 400_000, output: 128_000, abilities: thinking),
    Family(prefix: "gpt-4.1", context: 1_047_576, output: 32_768, abilities: seeing),
    Family(prefix: "gpt-4o", context: 128_000, output: 16_384, abilities: seeing),
    Family(prefix: "chatgpt-4o", context: 128_000, output: 16_384, abilities: seeing),
    Family(prefix: "gpt-4-turbo", context: 128_000, output: 4_096, abilities: seeing),
    Family(prefix: "gpt-4-32k", context: 32_768, output: 0, abilities: tools),
    Family(prefix: "gpt-4-1106", context: 128_000, output: 4_096, abilities: tools),
    Family(prefix: "gpt-4-0125", context: 128_000, output: 4_096, abilities: tools),
    Family(prefix: "gpt-4", context: 8_192, output: 8_192, abilities: tools),
    Family(prefix: "gpt-3.5-turbo", context: 16_385, output: 4_096, abilities: tools),
    Family(
      prefix: "o1-mini", context: 128_000, output: 65_536, abilities: Abilities.reasoning),
    Family(
      prefix: "o3-mini", context: 200_000, output: 100_000,
      abilities: tools | Abilities.reasoning),
    Family(prefix: "o1", context: 200_000, output: 100_000, abilities: thinking),
    Family(prefix: "o3", context: 200_000, output: 100_000, abilities: thinking),
    Family(prefix: "o4", context: 200_000, output: 100_000, abilities: thinking),
  ]

  /// Completes a model of OpenAI's.
  static func complete(_ model: inout Model) {
    let others = Abilities.chat | Abilities.completions | Abilities.embeddings
    if ByteText.hasPrefix(model.id, "text-embedding-") {
      model.context = 8_191
      model.abilities.setEmbeddingOnly()
    } else if isMedium(model.id) {
      model.abilities.set(others, false)
    } else if isCompletion(model.id) {
      model.abilities.set(others, false)
      model.abilities.set(Abilities.completions, true)
    } else {
      for family in chat where ByteText.hasPrefix(model.id, family.prefix) {
        return family.apply(&model)
      }
    }
  }

  private func apply(_ model: inout Model) {
    let optional = Abilities.tools | Abilities.json | Abilities.vision | Abilities.reasoning
    model.context = context
    model.output = output
    model.abilities.set(Abilities.completions | Abilities.embeddings | optional, false)
    model.abilities.set(Abilities.chat | abilities, true)
  }

  /// Models for sound, pictures and checking, which answer on other paths.
  private static func isMedium(_ id: [UInt8]) -> Bool {
    ByteText.contains(
      id, anyOf: "whisper", "tts", "dall-e", "image", "moderation", "realtime", "transcribe",
      "audio", "sora", "speech")
  }

  private static func isCompletion(_ id: [UInt8]) -> Bool {
    ByteText.contains(id, anyOf: "-instruct", "davinci-", "babbage-")
  }
}
