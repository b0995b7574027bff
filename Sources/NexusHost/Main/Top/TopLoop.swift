import Console
import Glibc

/// The live view on a terminal: waits for facts, keys and signals, and draws.
struct TopLoop {
  private let reader: LiveReader
  private let signals: TopSignals
  private var screen: FullScreen
  private var keys = KeyReader()
  private var state = TopState()
  /// What is shown; stands still in a pause.
  private var shown = LiveReader.Latest()
  /// Whether there are keys to wait for.
  private var hasKeys = isatty(STDIN_FILENO) == 1

  /// How long the rest of a key's sequence may take, in milliseconds.
  private static let keyPause: Int32 = 50

  init(_ reader: LiveReader, _ signals: TopSignals, _ style: Style) {
    self.reader = reader
    self.signals = signals
    screen = FullScreen(style)
    shown = reader.current
  }

  /// Goes on until somebody ends it; gives the exit code.
  mutating func run() -> Int32 {
    screen.enter()
    defer { screen.leave() }
    while true {
      let size = FullScreen.size
      let picture = picture(size)
      guard screen.draw(picture.lines, in: size) else { return ExitCode.failure }
      if let code = wait(picture.mostScroll) { return code }
    }
  }

  private func picture(_ size: TopScreen.Size) -> TopScreen {
    TopScreen(
      shown.facts, ended: shown.ended, size: size, state: state, trouble: shown.trouble,
      offset: LocalTime.offset)
  }

  /// Waits until something has happened and goes by it; gives the exit code if that is the end.
  private mutating func wait(_ mostScroll: Int) -> Int32? {
    var sources = [
      pollfd(fd: signals.fd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: reader.wake, events: Int16(POLLIN), revents: 0),
      pollfd(fd: hasKeys ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&sources, nfds_t(sources.count), keys.isWaiting ? Self.keyPause : -1)
    if count == 0 { return go(keys.pause(), mostScroll) }
    guard count > 0 else { return errno == EINTR ? nil : ExitCode.failure }
    while let signal = signals.next() { if let code = go(signal) { return code } }
    if sources[1].revents != 0 {
      reader.acknowledge()
      adopt()
    }
    return sources[2].revents == 0 ? nil : readKeys(mostScroll)
  }

  /// Shows what is new; that the gateway is gone also in a pause.
  private mutating func adopt() {
    let latest = reader.current
    if state.isPaused { shown.trouble = latest.trouble } else { shown = latest }
  }

  private mutating func readKeys(_ mostScroll: Int) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(STDIN_FILENO, &bytes, bytes.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return nil }
    // The terminal is gone.
    guard count > 0 else { return ExitCode.failure }
    return go(keys.read(Array(bytes[..<count])), mostScroll)
  }

  private mutating func go(_ keys: [TopKey], _ mostScroll: Int) -> Int32? {
    for key in keys {
      let wasPaused = state.isPaused
      switch state.on(key, mostScroll: mostScroll) {
      case .draw: if wasPaused, !state.isPaused { adopt() }
      case .redraw: screen.forget()
      case .quit: return ExitCode.success
      }
    }
    return nil
  }

  private mutating func go(_ signal: Int32) -> Int32? {
    switch signal {
    case SIGWINCH: screen.forget()
    case SIGTSTP:
      screen.leave()
      kill(getpid(), SIGSTOP)
      screen.enter()
    case SIGCONT: screen.enter()
    default: return ExitCode.killed(by: signal)
    }
    return nil
  }
}
