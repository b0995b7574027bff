import Config
import Glibc
import HTTP
import Text

/// Watches a job of the gateway until it is over: one line that changes on a terminal, else a line for
/// each step.
struct JobWatch {
  private let client: ControlClient
  private let isJSON: Bool

  /// Time between two looks, in milliseconds.
  private static let pause = 200
  /// Per cent between two lines where nobody looks at a terminal.
  private static let step: Int64 = 10

  init(_ client: ControlClient, isJSON: Bool) {
    self.client = client
    self.isJSON = isJSON
  }

  /// Watches the job that an order was answered with; gives the exit code. Ctrl-C ends the watching
  /// alone.
  func follow(_ answer: JSONDocument) throws(ControlError) -> Int32 {
    let id = answer.row.text("operation_id") ?? ""
    let signals = HeldSignals()
    let progress = Progress(JobText.line(answer.row))
    let isTerminal = isatty(STDERR_FILENO) == 1
    var answer = answer
    var shown = ""
    while !JobText.isOver(answer.row) {
      let line = JobText.line(answer.row)
      if isTerminal {
        progress.update(line)
      } else if !isJSON, let mark = mark(answer.row), mark != shown {
        shown = mark
        Terminal.complain("\(line)\n")
      }
      if let signal = signals.wait(milliseconds: Self.pause) {
        progress.end()
        Terminal.complain(
          "The gateway goes on. 'nexus jobs \(id)' tells how it goes, 'nexus jobs --cancel \(id)'"
            + " ends it.\n")
        return ExitCode.killed(by: signal)
      }
      do throws(ControlError) {
        answer = try client.json(.get, ControlClient.target("jobs", id))
      } catch {
        progress.end()
        throw error
      }
    }
    progress.end()
    return tell(answer)
  }

  /// What makes a new line: another phrase, or so many per cent more.
  private func mark(_ row: JSONRow) -> String? {
    let percent = row.number("progress_percent").map { "\($0 / Self.step)" } ?? ""
    return "\(row.text("status") ?? "") \(row.text("detail") ?? "") \(percent)"
  }

  /// Says how the job ended.
  private func tell(_ answer: JSONDocument) -> Int32 {
    let row = answer.row
    let isDone = row.text("status") == "completed"
    if isJSON {
      Terminal.say(json: answer.bytes)
    } else if isDone {
      Terminal.say(JobText.end(row) + "\n")
    } else {
      Terminal.complain("Error: \(JobText.end(row))\n")
    }
    return isDone ? ExitCode.success : ExitCode.failure
  }
}

/// SIGINT and SIGTERM, held back so that they interrupt nothing but a pause.
private struct HeldSignals {
  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM] { sigaddset(&set, number) }
    sigprocmask(SIG_BLOCK, &set, nil)
  }

  /// Pauses; gives the signal that came before or meanwhile.
  func wait(milliseconds: Int) -> Int32? {
    var set = set
    var time = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
    let number = sigtimedwait(&set, nil, &time)
    return number > 0 ? number : nil
  }
}
