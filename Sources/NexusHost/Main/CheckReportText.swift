import Conformance
import Console
import Text

/// A report about a driver as people, TAP consumers and programs read it.
struct CheckReportText {
  let report: ConformanceReport
  /// The directories of recordings that were named, for the command that shows a finding again.
  let exchanges: [String]
  /// Whether those that came with the program were left out.
  let isBare: Bool

  /// The command that shows a finding again.
  private func command(_ finding: ConformanceFinding) -> String {
    var words = ["nexus plugins check", Self.quoted(report.path)]
    for directory in exchanges { words += ["--exchanges", Self.quoted(directory)] }
    if isBare { words.append("--no-shipped") }
    if report.seed != 1 { words += ["--seed", "\(report.seed)"] }
    words += ["--only", Self.quoted(finding.selection)]
    return words.joined(separator: " ")
  }

  /// A word as a shell takes it.
  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_./:,+=@".utf8.contains(byte)
        }
      }
    return isPlain
      ? word
      : "'"
        + word.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: #"'\''"#) + "'"
  }

  private var time: String {
    let tenths = (report.milliseconds + 50) / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }

  private var counts: (passed: Int, failed: Int, skipped: Int) {
    var counts = (0, 0, 0)
    for result in report.results {
      switch result.outcome {
      case .passed: counts.0 += 1
      case .failed: counts.1 += 1
      case .skipped: counts.2 += 1
      }
    }
    return counts
  }

  // MARK: For people

  func people(_ style: Style) -> String {
    var text = style.paint(report.path, .bold)
    if !report.id.isEmpty { text += "  \(report.id) \(report.version)" }
    text += "\n"
    var group = ""
    for (check, outcome) in report.results {
      if check.group != group {
        group = check.group
        text += "\n\(style.paint(group, .bold))\n"
      }
      text += line(check, outcome, style)
    }
    for complaint in report.complaints {
      text += "\n\(style.paint("✗", .red)) \(complaint)\n"
    }
    return text + "\n" + summary(style)
  }

  private func line(
    _ check: ConformanceCheck, _ outcome: CheckOutcome, _ style: Style
  ) -> String {
    let padding = String(repeating: " ", count: max(1, 22 - check.id.utf8.count))
    switch outcome {
    case .passed:
      return "  \(style.paint("✓", .green)) \(check.id)\(padding)\(check.title)\n"
    case .skipped(let reason):
      return "  \(style.paint("-", .yellow)) \(check.id)\(padding)not tried: \(reason)\n"
    case .failed(let findings):
      var text =
        "  \(style.paint("✗", .red)) \(style.paint(check.id, .red))\(padding)\(check.title)\n"
      for finding in findings { text += details(finding, style) }
      return text
    }
  }

  private func details(_ finding: ConformanceFinding, _ style: Style) -> String {
    let margin = "      "
    var text = ""
    for line in LineWrap.lines(finding.text, width: min(style.width ?? 100, 100) - margin.count) {
      text += "\(margin)\(line)\n"
    }
    if !finding.exchange.isEmpty {
      text += "\(margin)recording \(finding.exchange), played \(finding.play)\n"
    }
    if !finding.place.isEmpty { text += "\(margin)\(finding.place)\n" }
    return text + "\(margin)\(style.paint("again: \(command(finding))", .dim))\n"
  }

  private func summary(_ style: Style) -> String {
    let (passed, failed, skipped) = counts
    var parts = ["\(passed) passed"]
    if failed > 0 { parts.append("\(failed) failed") }
    if skipped > 0 { parts.append("\(skipped) not tried") }
    let words = parts.joined(separator: ", ")
    let verdict = report.passed ? style.paint("Passed", .green) : style.paint("Failed", .red)
    return "\(verdict): \(words); \(report.plays) plays in \(time), seed \(report.seed)\n"
  }

  // MARK: For programs

  /// The Test Anything Protocol (https://testanything.org/tap-version-14-specification.html).
  func tap() -> String {
    var text = "TAP version 14\n1..\(report.results.count)\n"
    for (index, result) in report.results.enumerated() {
      let name = "\(index + 1) - \(result.check.id) \(result.check.title)"
      switch result.outcome {
      case .passed: text += "ok \(name)\n"
      case .skipped(let reason): text += "ok \(name) # SKIP \(reason)\n"
      case .failed(let findings):
        text += "not ok \(name)\n  ---\n  findings:\n"
        for finding in findings {
          text += "    - message: \(Self.json(finding.text))\n"
          if !finding.exchange.isEmpty {
            text += "      recording: \(Self.json(finding.exchange))\n"
            text += "      play: \(Self.json(finding.play))\n"
          }
          if !finding.place.isEmpty { text += "      place: \(Self.json(finding.place))\n" }
          text += "      again: \(Self.json(command(finding)))\n"
        }
        text += "  ...\n"
      }
    }
    for complaint in report.complaints { text += "Bail out! \(complaint)\n" }
    return text
  }

  /// A string of JSON, which is one of YAML, too.
  private static func json(_ text: String) -> String {
    let list = JSONText.array { $0.value(text) }
    return String(decoding: list.dropFirst().dropLast(), as: UTF8.self)
  }

  func json() -> [UInt8] {
    JSONText.object { text in
      text.member("file", report.path)
      text.member("sha256", report.sha256)
      text.member("id", report.id)
      text.member("version", report.version)
      text.member("passed", report.passed)
      text.member("seed", Int(clamping: report.seed))
      text.member("plays", report.plays)
      text.member("milliseconds", report.milliseconds)
      text.array("checks") { list in
        for result in report.results { append(result.check, result.outcome, to: &list) }
      }
      text.array("complaints") { for complaint in report.complaints { $0.value(complaint) } }
    }
  }

  private func append(
    _ check: ConformanceCheck, _ outcome: CheckOutcome, to list: inout JSONText
  ) {
    list.object { text in
      text.member("check", check.id)
      text.member("title", check.title)
      switch outcome {
      case .passed: text.member("outcome", "passed")
      case .skipped(let reason):
        text.member("outcome", "skipped")
        text.member("reason", reason)
      case .failed(let findings):
        text.member("outcome", "failed")
        text.array("findings") { list in
          for finding in findings {
            list.object { one in
              one.member("message", finding.text)
              one.member("recording", finding.exchange)
              one.member("play", finding.play)
              one.member("place", finding.place)
              one.member("again", command(finding))
            }
          }
        }
      }
    }
  }
}
