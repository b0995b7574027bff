/// What could be written next on a command line: the whole of the shells' completion, made from the
/// table of commands. Pure.
public struct Completion: Equatable, Sendable {
  /// Something that could stand in the place of the last word.
  public struct Candidate: Equatable, Sendable {
    public let text: String
    /// What it means, or empty.
    public let help: String
  }

  /// What the last word can be.
  public let choices: Choices
  /// What is put before each value, since it is part of the word: "--format=".
  public let head: String
  /// What the value begins with.
  public let prefix: String
  /// The candidates that are known without asking anybody.
  public private(set) var candidates: [Candidate]
  /// The line so far, to know which gateway is meant; nil if no command is named yet.
  public let invocation: Invocation?

  /// Looks at the words after the program's name; the last one is being written and may be empty.
  public static func of(_ words: [String], commands: [CommandSpec] = Commands.all) -> Completion {
    let current = words.last ?? ""
    let before = Array(words.dropLast())
    if before.first == "help" {
      return Completion(next(Array(before.dropFirst()), commands), current)
    }
    guard let command = commands.first(where: { before.starts(with: $0.words) }) else {
      if current.hasPrefix("-"), before.isEmpty {
        return Completion(["--help", "--version"].map { Candidate(text: $0, help: "") }, current)
      }
      // A family with a list means it where an option follows at once.
      let list = commands.first { command in
        command.words.last == "list" && before.starts(with: command.words.dropLast())
      }
      if let list {
        let rest = before.dropFirst(list.words.count - 1)
        if (rest.first ?? current).hasPrefix("-") { return of(list, rest, current) }
      }
      return Completion(next(before, commands), current)
    }
    return of(command, before.dropFirst(command.words.count), current)
  }

  private init(_ candidates: [Candidate], _ current: String) {
    choices = .free
    head = ""
    prefix = current
    self.candidates = candidates.filter { $0.text.hasPrefix(current) }
    invocation = nil
  }

  private init(_ choices: Choices, head: String = "", _ prefix: String, _ invocation: Invocation) {
    self.choices = choices
    self.head = head
    self.prefix = prefix
    self.invocation = invocation
    candidates = []
    if case .words(let words) = choices { candidates = fitting(words) }
  }

  /// Those of the values that fit to what is written, as whole words.
  public func fitting(_ values: [String]) -> [Candidate] {
    values.filter { $0.hasPrefix(prefix) }.map { Candidate(text: head + $0, help: "") }
  }

  /// The words that can follow those of a command.
  private static func next(_ before: [String], _ commands: [CommandSpec]) -> [Candidate] {
    var candidates: [Candidate] = []
    for command in commands where command.words.count > before.count {
      guard command.words.starts(with: before) else { continue }
      let word = command.words[before.count]
      guard !candidates.contains(where: { $0.text == word }) else { continue }
      let family = commands.filter { $0.words.starts(with: before + [word]) }
      let help =
        family.count == 1
        ? command.summary : family.compactMap { $0.words.last }.joined(separator: ", ")
      candidates.append(Candidate(text: word, help: help))
    }
    return candidates
  }

  private static func of(
    _ command: CommandSpec, _ rest: ArraySlice<String>, _ current: String
  ) -> Completion {
    var line = PartialLine(command)
    for word in rest { line.take(word) }
    let invocation = line.invocation
    if let option = line.pending { return Completion(option.choices, current, invocation) }
    if current.hasPrefix("-"), !line.onlyOperands {
      if let equals = current.firstIndex(of: "="), current.hasPrefix("--") {
        let choices = command.option(String(current[..<equals]))?.choices ?? .free
        let value = current.index(after: equals)
        return Completion(
          choices, head: String(current[..<value]), String(current[value...]), invocation)
      }
      return Completion(line.options, current)
    }
    let operands = command.operands
    guard line.operands.count < operands.count else { return Completion(line.options, current) }
    return Completion(
      Choices(placeholder: operands[line.operands.count]), current, invocation)
  }
}

/// The words of a line that is being written, read as far as they make sense.
private struct PartialLine {
  let command: CommandSpec
  var values: [String: [String]] = [:]
  var operands: [String] = []
  /// The option whose value comes next, or nil.
  var pending: OptionSpec?
  var onlyOperands = false

  init(_ command: CommandSpec) { self.command = command }

  var invocation: Invocation { Invocation(command: command, values: values, operands: operands) }

  /// The options that can still be given.
  var options: [Completion.Candidate] {
    (command.options + Commands.everywhere).filter { values[$0.name] == nil || $0.repeats }
      .map { Completion.Candidate(text: $0.name, help: $0.help) }
  }

  mutating func take(_ word: String) {
    if let option = pending {
      values[option.name, default: []].append(word)
      pending = nil
    } else if onlyOperands || !word.hasPrefix("-") || word == "-" {
      operands.append(word)
    } else if word == "--" {
      onlyOperands = true
    } else if let equals = word.firstIndex(of: "="), word.hasPrefix("--") {
      guard let option = command.option(String(word[..<equals])) else { return }
      values[option.name, default: []].append(String(word[word.index(after: equals)...]))
    } else if let option = command.option(word) {
      if option.value != nil { pending = option } else { values[option.name] = [""] }
    }
  }
}
