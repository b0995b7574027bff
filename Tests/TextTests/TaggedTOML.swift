import Text

/// Compares what was read with the tagged JSON of toml-test.
enum TaggedTOML {
  /// Why they differ, with the path to the value, or nil if they are the same.
  static func difference(_ node: TOMLValue, _ expected: Any, at path: String = "") -> String? {
    switch node {
    case .table(let table):
      guard let members = expected as? [String: Any] else { return "\(path): no table expected" }
      if table.entries.count != members.count {
        return "\(path): keys \(table.entries.map(\.key)), expected \(members.keys.sorted())"
      }
      for entry in table.entries {
        guard let member = members[entry.key] else { return "\(path): key \(entry.key) is odd" }
        if let found = difference(entry.node.value, member, at: "\(path).\(entry.key)") {
          return found
        }
      }
      return nil
    case .array(let nodes):
      guard let elements = expected as? [Any] else { return "\(path): no list expected" }
      if nodes.count != elements.count { return "\(path): \(nodes.count) elements" }
      for (index, pair) in zip(nodes, elements).enumerated() {
        if let found = difference(pair.0.value, pair.1, at: "\(path)[\(index)]") { return found }
      }
      return nil
    default:
      guard let tagged = expected as? [String: String], let type = tagged["type"],
        let value = tagged["value"]
      else { return "\(path): no scalar expected" }
      return isSame(node, type, value) ? nil : "\(path): \(node) is not \(type) \(value)"
    }
  }

  private static func isSame(_ value: TOMLValue, _ type: String, _ expected: String) -> Bool {
    switch value {
    case .string(let text): type == "string" && text.utf8.elementsEqual(expected.utf8)
    case .integer(let number): type == "integer" && String(number) == expected
    case .float(let number): type == "float" && isSame(number, expected)
    case .bool(let flag): type == "bool" && String(flag) == expected
    case .offsetDateTime(let text): type == "datetime" && isSameTime(text, expected)
    case .localDateTime(let text): type == "datetime-local" && isSameTime(text, expected)
    case .localDate(let text): type == "date-local" && text == expected
    case .localTime(let text): type == "time-local" && isSameTime(text, expected)
    case .array, .table: false
    }
  }

  private static func isSame(_ number: Double, _ expected: String) -> Bool {
    guard let wanted = Double(expected) else { return false }
    return number.isNaN ? wanted.isNaN : number == wanted && number.sign == wanted.sign
  }

  /// The suite writes fractions with as many digits as its own reader gives; zeros at their end
  /// mean nothing.
  private static func isSameTime(_ left: String, _ right: String) -> Bool {
    withoutFinalZeros(left) == withoutFinalZeros(right)
  }

  private static func withoutFinalZeros(_ time: String) -> String {
    guard let point = time.firstIndex(of: ".") else { return time }
    let digits = time[time.index(after: point)...].prefix { $0.isNumber }
    var kept = digits
    while kept.last == "0" { kept.removeLast() }
    let rest = time[digits.endIndex...]
    return time[..<point] + (kept.isEmpty ? "" : ".\(kept)") + rest
  }
}
