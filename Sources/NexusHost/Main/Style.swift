import CLinux
import Config
import Glibc

/// How results look: with colours if standard output is a terminal and nobody asked for none
/// (https://no-color.org), and no wider than it.
struct Style {
  enum Color: String {
    case green = "32"
    case red = "31"
    case yellow = "33"
    case cyan = "36"
    case bold = "1"
    case dim = "2"
  }

  let isOn: Bool
  /// Columns of the terminal, or nil if standard output is none.
  let width: Int?

  init(_ invocation: Invocation) {
    let refused = ControlSocket.environment("NO_COLOR").map { !$0.isEmpty } ?? false
    let isTerminal = isatty(STDOUT_FILENO) == 1
    isOn = !invocation.has("--no-color") && !refused && isTerminal
    let columns = Int(nexus_terminal_columns(STDOUT_FILENO))
    width = isTerminal && columns > 0 ? columns : nil
  }

  func paint(_ text: String, _ color: Color?) -> String {
    guard isOn, let color, !text.isEmpty else { return text }
    return "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
  }

  /// The colour of a backend's status.
  static func color(ofStatus status: String) -> Color? {
    switch status {
    case "healthy": .green
    case "unhealthy": .red
    case "unknown", "loading", "degraded": .yellow
    case "draining": .cyan
    default: nil
    }
  }
}
