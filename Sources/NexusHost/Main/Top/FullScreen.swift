import Console
import Glibc

/// The whole terminal as a picture, and its ways before and after: another screen, no cursor, keys as
/// they are pressed (termios(3), xterm's control sequences).
struct FullScreen {
  private let style: Style
  private var before: termios?
  private var shown: [String] = []
  private var size = TopScreen.Size(rows: 0, columns: 0)
  private(set) var isEntered = false

  /// The alternate screen, without cursor and without lines that run on in the next.
  private static let begin = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
  private static let end = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
  /// What lies between is shown at once by terminals that know it, and harmless to others.
  private static let pictureBegin = "\u{1B}[?2026h"
  private static let pictureEnd = "\u{1B}[?2026l"
  private static let usualSize = TopScreen.Size(rows: 24, columns: 80)

  init(_ style: Style) { self.style = style }

  /// Takes the terminal over; again after the process was stopped.
  mutating func enter() {
    var mode = termios()
    if tcgetattr(STDIN_FILENO, &mode) == 0 {
      if before == nil { before = mode }
      // Signals stay keys' business: Ctrl-C and Ctrl-Z mean here what they mean everywhere.
      mode.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
      mode.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }
    isEntered = true
    shown = []
    _ = Terminal.write(Self.begin, to: STDOUT_FILENO)
  }

  /// Gives the terminal back as it was.
  mutating func leave() {
    guard isEntered else { return }
    isEntered = false
    _ = Terminal.write(Self.end, to: STDOUT_FILENO)
    if var before { tcsetattr(STDIN_FILENO, TCSADRAIN, &before) }
  }

  /// How large it is now.
  static var size: TopScreen.Size { Style.terminalSize ?? usualSize }

  /// Draws all of it with the next picture.
  mutating func forget() { shown = [] }

  /// Shows the lines, by writing those that are not there yet; false if the terminal is gone.
  mutating func draw(_ lines: [ScreenLine], in size: TopScreen.Size) -> Bool {
    var text = ""
    if size != self.size || shown.isEmpty {
      self.size = size
      shown = []
      text += "\u{1B}[2J"
    }
    var new: [String] = []
    for (row, line) in lines.enumerated() {
      let written = style.show(line)
      new.append(written)
      guard row >= shown.count || shown[row] != written else { continue }
      text += "\u{1B}[\(row + 1);1H\(written)"
      // In the last column the cursor stands on the last letter, which this would erase.
      if line.width < size.columns { text += "\u{1B}[K" }
    }
    if lines.count < shown.count { text += "\u{1B}[\(lines.count + 1);1H\u{1B}[J" }
    shown = new
    guard !text.isEmpty else { return true }
    return Terminal.write(Self.pictureBegin + text + Self.pictureEnd, to: STDOUT_FILENO)
  }
}
