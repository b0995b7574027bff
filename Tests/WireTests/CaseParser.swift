/// Reads the text of a `.case` file; `Tests/Cases/README.md` describes the format.
struct CaseParser {
  private var result: WireCase

  /// The case in the text, or the line that is wrong.
  static func parse(_ text: String, name: String) throws(CaseFailure) -> WireCase {
    var parser = CaseParser(result: WireCase(name: name))
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      do throws(CaseFailure) {
        try parser.read(line, number)
      } catch {
        throw CaseFailure(error.reason, line: number)
      }
    }
    guard !parser.result.summary.isEmpty else { throw CaseFailure("no 'summary:' line") }
    guard !parser.result.steps.isEmpty else { throw CaseFailure("no step") }
    return parser.result
  }

  private mutating func read(_ line: Substring, _ number: Int) throws(CaseFailure) {
    let bare = line.drop { $0 == " " }
    if bare.isEmpty || bare.hasPrefix("#") { return }
    if bare.hasPrefix("|") { return try addBlockLine(bare.dropFirst()) }
    guard bare.startIndex == line.startIndex else {
      throw CaseFailure("an indented line must start with '|'")
    }
    if let colon = line.firstIndex(of: ":"), !line[..<colon].contains(" ") {
      guard result.steps.isEmpty else { throw CaseFailure("settings come before the dialogue") }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      return try set(String(line[..<colon]), String(value))
    }
    try addStep(line, number)
  }

  private mutating func addBlockLine(_ text: Substring) throws(CaseFailure) {
    guard !result.steps.isEmpty else { throw CaseFailure("a block before the first step") }
    let content = text.hasPrefix(" ") ? text.dropFirst() : text
    result.steps[result.steps.count - 1].block.append(String(content))
  }

  private mutating func set(_ key: String, _ value: String) throws(CaseFailure) {
    let words = value.split(separator: " ").map(String.init)
    switch key {
    case "summary": result.summary = value
    case "tags": result.tags = words
    case "host": result.flags += words
    case "config": result.configuration.append(value)
    case "env":
      let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw CaseFailure("write 'env: NAME=VALUE'") }
      result.environment[parts[0]] = parts[1]
    case "ready":
      guard let count = Int(value) else { throw CaseFailure("'ready:' takes a number") }
      result.ready = count
    case "backend": result.backends.append(try backend(words))
    default: throw CaseFailure("unknown setting '\(key)'")
    }
  }

  private func backend(_ words: [String]) throws(CaseFailure) -> WireCase.Backend {
    guard let name = words.first, name != "gateway", !name.hasPrefix("client") else {
      throw CaseFailure("a backend needs a name other than gateway or client…")
    }
    var backend = WireCase.Backend(name: name)
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw CaseFailure("'\(word)' is not OPTION=VALUE") }
      let value = String(parts[1])
      switch parts[0] {
      case "type": backend.type = value
      case "models": backend.models = value.split(separator: ",").map(String.init)
      case "key": backend.keyVariable = value
      case "zone", "tier", "priority", "max-concurrent", "cancel", "cancel-drain-seconds":
        backend.keys.append(word)
      case "survey":
        guard let survey = WireCase.Backend.Survey(rawValue: value) else {
          throw CaseFailure("unknown survey '\(value)'")
        }
        backend.survey = survey
      default: throw CaseFailure("unknown option '\(parts[0])'")
      }
    }
    return backend
  }

  private mutating func addStep(_ line: Substring, _ number: Int) throws(CaseFailure) {
    var words = line.split(separator: " ").map(String.init)
    let actor = words.removeFirst()
    let names = actor.split(separator: "/", maxSplits: 1).map(String.init)
    let known = result.backends.map(\.name) + ["gateway"]
    guard names[0].hasPrefix("client") || known.contains(names[0]) else {
      throw CaseFailure("nobody is called '\(names[0])'")
    }
    guard !words.isEmpty else { throw CaseFailure("'\(actor)' does nothing") }
    result.steps.append(
      WireCase.Step(
        line: number, actor: names[0], label: names.count > 1 ? names[1] : "", words: words,
        block: []))
  }
}
