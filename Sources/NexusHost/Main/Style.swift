import CLinux
import Config
import Console
import Glibc

/// How results look: with colours if standard output is a terminal and nobody asked for none
/// (https://no-color.org), and no wider than it.
struct Style {
  typealias Color = Paint

  let isOn: Bool
  /// Whether standard output is a terminal.
  let isTerminal: Bool
  /// Columns of the terminal, or nil if standard output is none.
  let width: Int?

  init(_ invocation: Invocation) {
    let refused = ControlSocket.environment("NO_COLOR").map { !$0.isEmpty } ?? false
    isTerminal = isatty(STDOUT_FILENO) == 1
    isOn = !invocation.has("--no-color") && !refused && isTerminal
    width = isTerminal ? Self.terminalSize?.columns : nil
  }

  /// How large the terminal at standard output is; nil if it is none or does not tell.
  static var terminalSize: TopScreen.Size? {
    var rows: Int32 = 0
    var columns: Int32 = 0
    guard nexus_terminal_size(STDOUT_FILENO, &rows, &columns) == 0, columns > 0 else { return nil }
    // Some tell how wide they are alone.
    return TopScreen.Size(rows: rows > 0 ? Int(rows) : 24, columns: Int(columns))
  }

  func paint(_ text: String, _ color: Color?) -> String {
    guard isOn, let color else { return text }
    return color.around(text)
  }

  /// The colour of a backend's status.
  static func color(ofStatus status: String) -> Color? { Paint(status: status) }

  /// A line as it is printed.
  func show(_ line: ScreenLine) -> String { isOn ? line.painted : line.text }
}
