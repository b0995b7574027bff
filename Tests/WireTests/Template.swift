/// Expands `{{…}}` in the text of a case.
///
/// Two braces never open valid JSON, so bodies can be written as they are.
struct Template {
  /// Names that a case may use: captured values, addresses, lengths.
  var values: [String: [UInt8]] = [:]

  private static let named: [String: [UInt8]] = [
    "crlf": [0x0D, 0x0A], "cr": [0x0D], "lf": [0x0A], "nul": [0], "tab": [0x09], "space": [0x20],
    "secret": Array(Planted.word.utf8),
  ]

  /// The pattern that the text stands for.
  func expand(_ text: some StringProtocol) throws(CaseFailure) -> Pattern {
    var pattern = Pattern()
    var rest = Substring(text)
    while let open = rest.firstRange(of: "{{") {
      pattern.append(rest[..<open.lowerBound].utf8)
      let (inside, after) = try split(rest[open.upperBound...])
      pattern.append(try evaluate(inside))
      rest = after
    }
    pattern.append(rest.utf8)
    return pattern
  }

  /// The text between the braces, which may hold braces of its own, and what follows.
  private func split(_ text: Substring) throws(CaseFailure) -> (Substring, Substring) {
    var depth = 1
    var place = text.startIndex
    while place < text.endIndex {
      let two = text[place...].prefix(2)
      if two == "{{" { depth += 1 }
      if two == "}}" { depth -= 1 }
      if depth == 0 {
        return (text[..<place], text[text.index(place, offsetBy: 2)...])
      }
      let isPair = two == "{{" || two == "}}"
      place = text.index(place, offsetBy: isPair ? 2 : 1)
    }
    throw CaseFailure("'{{' without '}}'")
  }

  private func evaluate(_ inside: Substring) throws(CaseFailure) -> Pattern {
    let words = inside.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    let word = words.first.map(String.init) ?? ""
    if word == "any" { return Pattern(pieces: [.any(nil)]) }
    if word.hasPrefix("=") { return Pattern(pieces: [.any(String(word.dropFirst()))]) }
    if word == "hex" { return Pattern(pieces: [.bytes(try hexBytes(inside.dropFirst(3)))]) }
    if word == "repeat" {
      guard words.count == 3, let count = Int(words[1]) else {
        throw CaseFailure("write {{repeat COUNT TEXT}}")
      }
      let unit = try expand(words[2]).literal()
      return Pattern(pieces: [.bytes(repeated(unit, count))])
    }
    if let value = Self.named[word] ?? values[String(inside)] {
      return Pattern(pieces: [.bytes(value)])
    }
    throw CaseFailure("unknown {{\(inside)}}")
  }

  /// The bytes `count` times, by doubling: a case may want a hundred megabytes.
  private func repeated(_ unit: [UInt8], _ count: Int) -> [UInt8] {
    let total = unit.count * count
    var all = unit
    all.reserveCapacity(max(total, 1) * 2)
    while !all.isEmpty && all.count < total { all += all }
    return Array(all.prefix(total))
  }

  private func hexBytes(_ text: Substring) throws(CaseFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in text.split(separator: " ") {
      guard word.count == 2, let byte = UInt8(word, radix: 16) else {
        throw CaseFailure("'\(word)' is not a byte in hexadecimal")
      }
      bytes.append(byte)
    }
    return bytes
  }
}
