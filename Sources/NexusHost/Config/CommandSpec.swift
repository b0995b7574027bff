/// An option of a command, declared once: parsing, help and suggestions come from it.
public struct OptionSpec: Equatable, Sendable {
  /// With its dashes: "--host".
  public let name: String
  /// A second, short spelling with its dash, or nil: "-p".
  public let short: String?
  /// What its value is called in the help, or nil if it takes none.
  public let value: String?
  /// Whether it may be given more than once.
  public let repeats: Bool
  /// Further spellings, which the help does not list.
  public let synonyms: [String]
  /// What its value can be.
  public let choices: Choices
  /// What it does, one line; begins in lower case and has no full stop.
  public let help: String

  public init(
    _ name: String, short: String? = nil, value: String? = nil, repeats: Bool = false,
    synonyms: [String] = [], choices: Choices? = nil, help: String
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.repeats = repeats
    self.synonyms = synonyms
    self.choices = choices ?? value.map { Choices(placeholder: $0) } ?? .free
    self.help = help
  }
}

extension OptionSpec {
  /// How it is written, with its value: "-p, --port PORT".
  var spelling: String {
    let names = short.map { "\($0), \(name)" } ?? name
    return value.map { "\(names) \($0)" } ?? names
  }
}

/// A command, declared once.
public struct CommandSpec: Equatable, Sendable {
  /// The words that call it: "plugins list".
  public let name: String
  /// What it does, one line.
  public let summary: String
  /// Operands that it needs, as the help calls them.
  public let operands: [String]
  public let options: [OptionSpec]
  /// What there is to know beside the options, in whole sentences, or empty.
  public let details: String
  /// Whole command lines that show its use.
  public let examples: [String]

  public init(
    _ name: String, summary: String, operands: [String] = [], options: [OptionSpec] = [],
    details: String = "", examples: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.options = options
    self.details = details
    self.examples = examples
  }

  /// How it is called: "nexus backends add URL [OPTION]...".
  var usage: String { (["nexus", name] + operands + ["[OPTION]..."]).joined(separator: " ") }

  /// The words of its name.
  var words: [String] { name.split(separator: " ").map(String.init) }

  /// The option of that spelling, long, short or another.
  func option(_ spelling: String) -> OptionSpec? {
    (options + Commands.everywhere).first {
      $0.name == spelling || $0.short == spelling || $0.synonyms.contains(spelling)
    }
  }
}

/// Commands that belong together.
public struct CommandGroup: Equatable, Sendable {
  public let title: String
  public let commands: [CommandSpec]

  init(_ title: String, _ commands: [CommandSpec]) {
    self.title = title
    self.commands = commands
  }
}
