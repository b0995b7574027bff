/// Why a case failed: the line of its file, and what was expected against what came.
struct CaseFailure: Error, CustomStringConvertible {
  /// One sentence, or several lines when bytes are compared.
  let reason: String
  /// The line of the case file, counted from one; nil before a step is known.
  var line: Int?

  init(_ reason: String, line: Int? = nil) {
    self.reason = reason
    self.line = line
  }

  var description: String {
    line.map { "line \($0): \(reason)" } ?? reason
  }
}

/// Bytes as a person reads them: a line per line, control bytes written out.
func readable(_ bytes: some Sequence<UInt8>, limit: Int = 3000) -> String {
  var text: [UInt8] = []
  var hidden = 0
  for byte in bytes {
    if text.count > limit {
      hidden += 1
      continue
    }
    switch byte {
    case 0x0A: text += Array("␊\n    ".utf8)
    case 0x0D: text += Array("␍".utf8)
    case 0x09: text += Array("␉".utf8)
    case 0..<0x20, 0x7F: text += Array("{{hex \(hex(byte))}}".utf8)
    default: text.append(byte)
    }
  }
  let shown = String(decoding: text, as: UTF8.self)
  return hidden == 0 ? "    " + shown : "    \(shown)\n    … and \(hidden) bytes more"
}

/// What was expected against what came, with the place of the first difference.
func difference(expected: String, actual: some Collection<UInt8>, at offset: Int?) -> String {
  var report = "expected:\n    \(expected.split(separator: "\n").joined(separator: "\n    "))\n"
  report += actual.isEmpty ? "nothing came" : "came (\(actual.count) bytes):\n\(readable(actual))"
  if let offset, offset < actual.count {
    let place = actual.dropFirst(max(0, offset - 12)).prefix(36)
    report += "\nfirst difference at byte \(offset), near:\n\(readable(place))"
  }
  return report
}

/// Two hexadecimal digits.
private func hex(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return byte < 16 ? "0" + digits : digits
}
