import Config
import Console
import Glibc

/// `nexus tail`: the requests as they end, one line each.
struct TailCommand {
  private var feed: HistoryFeed
  private let style: Style
  private let isJSON: Bool
  private var table: TailTable

  /// Time between two looks, in milliseconds.
  private static let pause: Int32 = 250
  private static let usualCount = 10
  private static let mostCount = 10_000

  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    var count = usualCount
    if let text = invocation.value("--lines") {
      guard let number = Int(text), (0...mostCount).contains(number) else {
        throw UsageError("'--lines \(text)': give a whole number from 0 to \(mostCount).")
      }
      count = number
    }
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      var command = TailCommand(client, invocation)
      return try command.follow(last: count)
    }
  }

  private init(_ client: ControlClient, _ invocation: Invocation) {
    let filter = HistoryFilter(
      model: invocation.value("--model"), backend: invocation.value("--backend"),
      errorsOnly: invocation.has("--errors"))
    feed = HistoryFeed(client, filter)
    style = Style(invocation)
    isJSON = invocation.has("--json")
    table = TailTable(width: style.width, offset: LocalTime.offset)
  }

  /// Goes on until somebody ends it: a signal, or whoever reads the lines.
  private mutating func follow(last count: Int) throws(ControlError) -> Int32 {
    let present = try feed.begin(last: count)
    if !isJSON, style.width != nil {
      // Once for the widths, so that the titles stand over the columns.
      for item in present { _ = table.line(item) }
      guard Terminal.write(style.show(table.titles()) + "\n", to: STDOUT_FILENO) else {
        return ExitCode.success
      }
    }
    var isLost = false
    var goesOn = show(present)
    while goesOn, Self.waitsForMore() {
      do throws(ControlError) {
        let news = try feed.next()
        if news.isRestarted {
          Terminal.complain("The gateway has been restarted.\n")
        } else if isLost {
          Terminal.complain("The gateway answers again.\n")
        }
        isLost = false
        goesOn = show(news.missed) && show(news.items)
      } catch {
        guard error.isPassing else { throw error }
        // A connection that was closed is made again at once; who stays away is told of.
        if case .notRunning = error, !isLost {
          isLost = true
          Terminal.complain("The gateway is gone; waiting for it. Ctrl-C ends this.\n")
        }
      }
    }
    return ExitCode.success
  }

  /// Writes a line for each; false if nobody reads them any more.
  private mutating func show(_ items: [HistoryItem]) -> Bool {
    guard !items.isEmpty else { return true }
    if style.width != nil { table.width = Style.terminalSize?.columns }
    var text = ""
    for item in items {
      text += isJSON ? String(decoding: item.json, as: UTF8.self) : style.show(table.line(item))
      text += "\n"
    }
    return Terminal.write(text, to: STDOUT_FILENO)
  }

  /// Says how many requests nobody will see.
  private func show(_ missed: Int64) -> Bool {
    guard missed > 0 else { return true }
    let text = "… \(missed) \(missed == 1 ? "request" : "requests") not shown\n"
    if isJSON {
      Terminal.complain(text)
      return true
    }
    return Terminal.write(text, to: STDOUT_FILENO)
  }

  /// Pauses; false if whoever read the lines has gone, of which poll(2) tells at once.
  private static func waitsForMore() -> Bool {
    var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return poll(&output, 1, pause) <= 0
  }
}

extension ControlError {
  /// Whether it may be otherwise in a while.
  var isPassing: Bool {
    switch self {
    case .notRunning, .broken: true
    case .answered(let status, _, _, _): status >= 500
    default: false
    }
  }
}

/// The clock on this machine's wall.
enum LocalTime {
  /// Seconds that it is ahead of UTC at that moment.
  static func offset(_ unixSeconds: Int64) -> Int64 {
    var time = time_t(unixSeconds)
    var local = tm()
    return localtime_r(&time, &local) == nil ? 0 : Int64(local.tm_gmtoff)
  }
}
