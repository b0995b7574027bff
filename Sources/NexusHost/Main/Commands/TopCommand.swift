import Config
import Console
import Glibc
import Net

/// `nexus top`: how everything stands, live on a terminal, or once as text.
enum TopCommand {
  private static let intervals = 0.2...60.0
  private static let usualInterval = 1.0
  /// Columns of text that no terminal limits.
  private static let textColumns = 200

  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    var interval = usualInterval
    if let text = invocation.value("--interval") {
      guard let number = Double(text), intervals.contains(number) else {
        throw UsageError("'--interval \(text)': give seconds from 0.2 to 60.")
      }
      interval = number
    }
    let style = Style(invocation)
    let isWatched = style.isTerminal && !invocation.has("--once") && hasScreen
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      let reader = LiveReader(client, interval: UInt64(interval * 1_000))
      // What is wrong from the start is said as every command says it.
      try reader.look()
      guard isWatched else { return show(reader.current, style) }
      let signals = TopSignals()
      do {
        try reader.start()
      } catch {
        Terminal.complain("Error: \(error)\n")
        return ExitCode.failure
      }
      var loop = TopLoop(reader, signals, style)
      return loop.run()
    }
  }

  /// Whether the terminal can do more than write one line below the other.
  private static var hasScreen: Bool {
    guard let name = ControlSocket.environment("TERM") else { return false }
    return !name.isEmpty && name != "dumb"
  }

  private static func show(_ latest: LiveReader.Latest, _ style: Style) -> Int32 {
    guard let facts = latest.facts else { return ExitCode.failure }
    let lines = TopScreen.text(
      facts, ended: latest.ended, columns: style.width ?? textColumns, offset: LocalTime.offset)
    Terminal.say(lines.map { style.show($0) + "\n" }.joined())
    return ExitCode.success
  }
}
