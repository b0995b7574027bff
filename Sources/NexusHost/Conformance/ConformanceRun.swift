import CConform
import CLinux
import Drivers
import Glibc
import Net

/// Checks a driver file against the ABI.
///
/// What can be said of the file is said here; everything that runs code of the driver runs in child
/// processes, which are confined and may crash or hang.
public struct ConformanceRun {
  /// The file; made absolute for the children.
  let path: String
  /// Where recordings are.
  let directories: [String]
  let seed: UInt64
  /// A check, or a recording and a play, "NAME/PLAY"; nil for everything.
  let only: String?

  public init(path: String, directories: [String], seed: UInt64, only: String?) {
    self.path = path
    self.directories = directories
    self.seed = seed
    self.only = only
  }

  /// Whether `only` names something that there is.
  public static func isKnown(only: String) -> Bool {
    ConformanceCheck.named(only) != nil || only.contains("/")
      || ConformanceCheck.all.contains { $0.group == only }
  }

  public func run() -> ConformanceReport {
    let start = MonotonicClock.nanoseconds()
    var outcome = Outcome()
    var sha256 = ""
    var note: DriverNote?
    let folder = ExchangeFolder(directories)
    outcome.complaints = folder.complaints
    do {
      let file = try DriverFile(path: absolute, trusted: false)
      sha256 = file.sha256
      let found = FileChecks.run(file)
      note = found.note
      outcome.findings += found.findings
      if found.stops {
        outcome.stop("its file cannot be read", ["load", "table", "exchange"])
      } else {
        runChildren(folder.exchanges, &outcome)
      }
    } catch {
      outcome.findings.append(
        ConformanceFinding("file.format", "The file cannot be read: \(error)."))
      outcome.stop("there is no file", ["load", "table", "exchange"])
    }
    return ConformanceReport(
      path: path, sha256: sha256, id: note?["id"] ?? "", version: note?["version"] ?? "",
      results: outcome.results(only: only), complaints: outcome.complaints, plays: outcome.plays,
      milliseconds: Int((MonotonicClock.nanoseconds() - start) / 1_000_000), seed: seed)
  }

  private var absolute: String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private func order(_ trial: Trial) -> TrialOrder {
    TrialOrder(trial: trial, path: absolute, seed: seed, directories: directories)
  }

  private func runChildren(_ exchanges: [RecordedExchange], _ outcome: inout Outcome) {
    if let only, only.hasPrefix("file") { return }
    let (recording, play) = selection
    if recording == nil {
      outcome.take(run([.load]))
      guard !outcome.mustStop else {
        return outcome.stop("its table cannot be used", ["exchange"])
      }
      if let only, only.hasPrefix("load") || only.hasPrefix("table") { return }
    }
    let trials = trials(recording, play)
    let ended = run(trials)
    outcome.take(ended)
    outcome.compare(ended, exchanges)
    outcome.judgeSuccess(ended, exchanges, path: absolute, isWhole: recording == nil)
  }

  private var selection: (String?, String?) {
    guard let only, let slash = only.lastIndex(of: "/") else { return (nil, nil) }
    return (String(only[..<slash]), String(only[only.index(after: slash)...]))
  }

  private func trials(_ recording: String?, _ play: String?) -> [Trial] {
    guard let recording, let play else {
      let parts = max(2, min(4, Int(nexus_usable_cores())))
      return (0..<parts).map { .plays(part: $0, of: parts) } + [.memory, .threads]
    }
    switch play {
    case Play.beside.label, Play.together.label: return [.threads]
    case Play.endless.label, Play.whole.label:
      return [.one(recording: recording, play: play), .memory]
    default: return [.one(recording: recording, play: play)]
    }
  }

  /// Runs children, as many at once as there are processors.
  private func run(_ trials: [Trial]) -> [EndedTrial] {
    var waiting = trials[...]
    var running: [TrialProcess] = []
    var ended: [EndedTrial] = []
    let most = max(1, min(4, Int(nexus_usable_cores())))
    while !waiting.isEmpty || !running.isEmpty {
      let now = MonotonicClock.nanoseconds()
      while running.count < most, let trial = waiting.popFirst() {
        do throws(TrialStartError) {
          running.append(try TrialProcess(order(trial), now: now))
        } catch {
          ended.append(EndedTrial(trial: trial, ending: .failed(error.reason), process: nil))
        }
      }
      running.removeAll { process in
        guard let ending = process.poll(now: now) else { return false }
        ended.append(EndedTrial(trial: process.trial, ending: ending, process: process))
        return true
      }
      // What hangs or is slow in one child would be so in all of them.
      guard !ended.contains(where: { $0.ending == .hung || $0.ending == .stopped }) else {
        for process in running {
          process.end()
          ended.append(EndedTrial(trial: process.trial, ending: .stopped, process: process))
        }
        return ended
      }
      usleep(1_000)
    }
    return ended
  }
}

/// A child that is no more.
struct EndedTrial {
  let trial: Trial
  let ending: TrialProcess.Ending
  /// nil if it could not be started.
  let process: TrialProcess?
}
