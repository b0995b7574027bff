import Config
import Glibc

/// Colours for people: on if standard output is a terminal and nobody asked for none
/// (https://no-color.org).
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

  init(isOn: Bool) { self.isOn = isOn }

  init(_ invocation: Invocation) {
    let refused = ControlSocket.environment("NO_COLOR").map { !$0.isEmpty } ?? false
    isOn = !invocation.has("--no-color") && !refused && isatty(STDOUT_FILENO) == 1
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
