/// List prices of well-known services, as far as they were known on `date`.
///
/// An entry holds for the name itself and for names that go on with "-", ":" or "@", such as dated
/// ones; of several the longest decides.
public enum PriceList {
  public static let date = "2025-08"

  /// Beginning of the name, US dollars for a million tokens of prompt and of answer.
  static let entries: [(name: String, input: Double, output: Double)] = [
    ("gpt-5", 1.25, 10), ("gpt-5-mini", 0.25, 2), ("gpt-5-nano", 0.05, 0.4),
    ("gpt-5-chat", 1.25, 10), ("gpt-5-pro", 15, 120),
    ("gpt-4.1", 2, 8), ("gpt-4.1-mini", 0.4, 1.6), ("gpt-4.1-nano", 0.1, 0.4),
    ("gpt-4.5", 75, 150), ("gpt-4o", 2.5, 10), ("gpt-4o-mini", 0.15, 0.6),
    ("gpt-4o-2024-05-13", 5, 15), ("chatgpt-4o", 5, 15),
    ("gpt-4-turbo", 10, 30), ("gpt-4-0125", 10, 30), ("gpt-4-1106", 10, 30), ("gpt-4", 30, 60),
    ("gpt-4-32k", 60, 120), ("gpt-3.5-turbo", 0.5, 1.5), ("gpt-3.5-turbo-16k", 3, 4),
    ("gpt-3.5-turbo-instruct", 1.5, 2),
    ("o1", 15, 60), ("o1-mini", 1.1, 4.4), ("o1-pro", 150, 600), ("o3", 2, 8),
    ("o3-mini", 1.1, 4.4), ("o3-pro", 20, 80), ("o4-mini", 1.1, 4.4),
    ("text-embedding-3-small", 0.02, 0), ("text-embedding-3-large", 0.13, 0),
    ("text-embedding-ada", 0.1, 0),
    ("claude-opus-4", 15, 75), ("claude-sonnet-4", 3, 15), ("claude-3-7-sonnet", 3, 15),
    ("claude-3-5-sonnet", 3, 15), ("claude-3-5-haiku", 0.8, 4), ("claude-3-opus", 15, 75),
    ("claude-3-sonnet", 3, 15), ("claude-3-haiku", 0.25, 1.25),
    ("gemini-2.5-pro", 2.5, 15), ("gemini-2.5-flash", 0.3, 2.5),
    ("gemini-2.5-flash-lite", 0.1, 0.4), ("gemini-2.0-flash", 0.1, 0.4),
    ("gemini-2.0-flash-lite", 0.075, 0.3), ("gemini-1.5-pro", 3.5, 10.5),
    ("gemini-1.5-flash", 0.35, 1.05), ("gemini-1.0-pro", 0.5, 1.5),
  ]

  /// The price of a model; nil if it is not listed.
  public static func price(of model: String) -> ModelPrice? {
    var name = model[...]
    if let slash = name.lastIndex(of: "/") { name = name[name.index(after: slash)...] }
    var longest = 0
    var price: ModelPrice?
    for entry in entries where entry.name.utf8.count > longest && begins(name, entry.name) {
      longest = entry.name.utf8.count
      price = ModelPrice(input: entry.input, output: entry.output)
    }
    return price
  }

  /// What an unlisted model of such a service is taken for: the dearest of its kind that is listed, or
  /// of all, so that nothing is spent unseen.
  public static func assumed(for model: String) -> ModelPrice {
    let family = model.prefix { $0 != "-" }
    let kin = entries.filter { $0.name.prefix { $0 != "-" } == family }
    let considered = kin.isEmpty ? entries : kin
    return ModelPrice(
      input: considered.map(\.input).max() ?? 0, output: considered.map(\.output).max() ?? 0)
  }

  private static func begins(_ name: Substring, _ entry: String) -> Bool {
    guard name.hasPrefix(entry) else { return false }
    guard let next = name.utf8.dropFirst(entry.utf8.count).first else { return true }
    return next == UInt8(ascii: "-") || next == UInt8(ascii: ":") || next == UInt8(ascii: "@")
  }
}
