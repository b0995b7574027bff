/// A command line, read against the table of commands.
public struct Invocation: Equatable, Sendable {
  /// The command that is called.
  public let command: CommandSpec
  /// The values of each option that was given, in order; "" for one without a value.
  public let values: [String: [String]]
  /// What stands beside the options, in order.
  public let operands: [String]
  /// Whether `--help` was given.
  public let wantsHelp: Bool

  init(
    command: CommandSpec, values: [String: [String]], operands: [String], wantsHelp: Bool = false
  ) {
    self.command = command
    self.values = values
    self.operands = operands
    self.wantsHelp = wantsHelp
  }

  /// Whether an option was given.
  public func has(_ option: String) -> Bool { values[option] != nil }

  /// The value of an option that is given at most once.
  public func value(_ option: String) -> String? { values[option]?.last }

  /// Reads the words after the program's name.
  public static func parse(
    _ words: [String], commands: [CommandSpec] = Commands.all
  ) throws(UsageError) -> Invocation {
    let (command, rest) = try find(words, commands)
    var values: [String: [String]] = [:]
    var operands: [String] = []
    var wantsHelp = false
    var index = rest.startIndex
    var onlyOperands = false
    while index < rest.endIndex {
      let word = rest[index]
      index += 1
      if onlyOperands || !word.hasPrefix("-") || word == "-" {
        operands.append(word)
      } else if word == "--" {
        onlyOperands = true
      } else if word == "--help" || word == "-h" {
        wantsHelp = true
      } else {
        try readOption(word, rest, &index, command, &values)
      }
    }
    if !wantsHelp { try check(operands, command) }
    return Invocation(command: command, values: values, operands: operands, wantsHelp: wantsHelp)
  }

  /// The command whose words the line begins with, and the words after them.
  private static func find(
    _ words: [String], _ commands: [CommandSpec]
  ) throws(UsageError) -> (CommandSpec, ArraySlice<String>) {
    for command in commands {
      let name = command.words
      if words.starts(with: name) { return (command, words.dropFirst(name.count)) }
    }
    guard let first = words.first else {
      throw UsageError("A command is missing; 'nexus help' lists them.")
    }
    let family = commands.filter { $0.name.hasPrefix("\(first) ") }
    if family.isEmpty {
      let full = commands.filter { $0.words.count > 1 && $0.words.last == first }.map(\.name)
      let hint =
        full.isEmpty
        ? Suggestion.hint(for: first, among: commands.flatMap { firstWords($0) })
        : " Did you mean '\(full.joined(separator: "' or '"))'?"
      throw UsageError("There is no command '\(first)'.\(hint) 'nexus help' lists all.")
    }
    let names = family.map { String($0.name.dropFirst(first.count + 1)) }
    guard let second = words.dropFirst().first, !second.hasPrefix("-") else {
      // A family with a list shows it when nothing else is asked for.
      if let list = family.first(where: { $0.name == "\(first) list" }) {
        return (list, words.dropFirst())
      }
      throw UsageError("'nexus \(first)' needs one of: \(names.joined(separator: ", ")).")
    }
    let hint = Suggestion.hint(for: second, among: names)
    throw UsageError(
      "'nexus \(first)' has no '\(second)'.\(hint) It has: \(names.joined(separator: ", ")).")
  }

  private static func firstWords(_ command: CommandSpec) -> [String] {
    Array(command.words.prefix(1))
  }

  private static func readOption(
    _ word: String, _ words: ArraySlice<String>, _ index: inout Int, _ command: CommandSpec,
    _ values: inout [String: [String]]
  ) throws(UsageError) {
    let equals = word.hasPrefix("--") ? word.firstIndex(of: "=") : nil
    let spelling = equals.map { String(word[..<$0]) } ?? word
    guard let option = command.option(spelling) else {
      let hint = Suggestion.hint(for: spelling, among: command.options.map(\.name))
      throw UsageError(
        "'nexus \(command.name)' has no option '\(spelling)'.\(hint)"
          + " 'nexus help \(command.name)' lists all.")
    }
    if values[option.name] != nil, !option.repeats {
      throw UsageError("'\(option.name)' stands there twice; give it once.")
    }
    var value = equals.map { String(word[word.index(after: $0)...]) }
    if let wanted = option.value {
      if value == nil, index < words.endIndex {
        value = words[index]
        index += 1
      }
      guard let value, !value.isEmpty else {
        throw UsageError("'\(option.name)' needs a value: \(option.name) \(wanted).")
      }
      values[option.name, default: []].append(value)
    } else {
      guard value == nil else { throw UsageError("'\(option.name)' takes no value.") }
      values[option.name, default: []].append("")
    }
  }

  private static func check(
    _ operands: [String], _ command: CommandSpec
  ) throws(UsageError) {
    let optional = command.operands.count { $0.hasPrefix("[") }
    let needed = command.operands.count - optional
    if operands.count < needed {
      throw UsageError(
        "'nexus \(command.name)' needs \(command.operands[operands.count]):"
          + " nexus \(command.name) \(command.operands.joined(separator: " ")).")
    }
    // The name of a command may be two words, so the last optional operand takes what is left.
    if optional == 0, operands.count > needed {
      throw UsageError("'nexus \(command.name)' does not take '\(operands[needed])'.")
    }
  }
}
