import Config
import Console
import Text

/// The findings, for people and for programs.
struct DoctorReport {
  let findings: [Finding]

  /// The worst of all levels.
  var level: Finding.Level {
    Finding.Level.allCases.last { level in findings.contains { $0.level == level } } ?? .ok
  }

  private func count(_ level: Finding.Level) -> Int { findings.count { $0.level == level } }

  func json() -> String {
    let bytes = JSONText.object { text in
      text.member("status", level.rawValue)
      text.member("version", NexusVersion.text)
      for level in Finding.Level.allCases { text.member(level.rawValue, count(level)) }
      text.array("findings") { list in
        for finding in findings {
          list.object { text in
            text.member("level", finding.level.rawValue)
            text.member("area", finding.area.rawValue)
            text.member("check", finding.check)
            text.member("backend", finding.backend)
            text.member("message", finding.message)
            text.member("fix", finding.fix)
          }
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  func text(_ style: Style) -> String {
    var lines: [String] = []
    for area in Finding.Area.allCases {
      let part = findings.filter { $0.area == area }
      guard !part.isEmpty else { continue }
      lines.append(style.paint(Self.title(area), .bold))
      var backend: String?
      for finding in part {
        if let name = finding.backend, name != backend {
          lines.append("  \(TextTable.printable(name))")
          backend = name
        }
        lines += Self.lines(finding, indent: finding.backend == nil ? "  " : "    ", style)
      }
      lines.append("")
    }
    lines.append(summary(style))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func title(_ area: Finding.Area) -> String {
    switch area {
    case .machine: "This machine"
    case .configuration: "Configuration"
    case .drivers: "Drivers"
    case .gateway: "Gateway"
    case .backends: "Backends"
    }
  }

  private static func lines(
    _ finding: Finding, indent: String, _ style: Style
  ) -> [String] {
    let (mark, color): (String, Style.Color) =
      switch finding.level {
      case .ok: ("✓", .green)
      case .warn: ("!", .yellow)
      case .fail: ("✗", .red)
      }
    var lines = hung(finding.message, from: "\(indent)\(mark) ", style)
    lines[0].replace(mark, with: style.paint(mark, color), maxReplacements: 1)
    if let fix = finding.fix { lines += hung(fix, from: "\(indent)  → ", style) }
    return lines
  }

  /// A text behind a head, on a terminal no wider than it, with all lines after the first indented. A
  /// text of several lines shows a place in a file and stays as it is.
  private static func hung(_ text: String, from head: String, _ style: Style) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { TextTable.printable(String($0)) }
    let room = style.width.map { max(20, $0 - head.count) } ?? .max
    let shown = lines.count > 1 ? lines : LineWrap.lines(lines.first ?? "", width: room)
    let indent = String(repeating: " ", count: head.count)
    return shown.enumerated().map { ($0 == 0 ? head : indent) + $1 }
  }

  private func summary(_ style: Style) -> String {
    func words(_ count: Int, _ one: String, _ many: String) -> String {
      count == 1 ? "1 \(one)" : "\(count) \(many)"
    }
    let fails = count(.fail)
    let warnings = count(.warn)
    guard fails + warnings > 0 else { return style.paint("Everything is well.", .green) }
    let text =
      "\(words(fails, "failure", "failures")), \(words(warnings, "warning", "warnings")),"
      + " \(count(.ok)) well."
    return style.paint(text, fails > 0 ? .red : .yellow)
  }
}
