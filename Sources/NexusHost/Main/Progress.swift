import Glibc

/// A word to somebody who waits at a terminal, gone when the work is done.
struct Progress {
  private let isShown: Bool

  init(_ what: String) {
    isShown = isatty(STDERR_FILENO) == 1
    update(what)
  }

  /// Says something else.
  func update(_ what: String) {
    if isShown { Terminal.complain("\(Self.clear)\(what)...") }
  }

  func end() {
    if isShown { Terminal.complain(Self.clear) }
  }

  /// Back to the start of the line, and erase it (ECMA-48 §8.3.41).
  private static let clear = "\r\u{1B}[K"
}
