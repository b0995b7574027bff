import CConform
import Drivers
import Glibc
import NexusPluginABI

/// The child of a check: maps the driver, confines itself, and tries what it is told.
///
/// Nothing that it does can be relied on by the parent but what stands in the page.
public enum TrialChild {
  /// The name of the hidden command.
  public static let name = "__conform"

  /// Where the parent put the page.
  private static let pageDescriptor: CInt = 3

  /// Runs the trial that `words` tell. Comes back only if it cannot begin.
  public static func run(_ words: [String]) -> Int32 {
    guard let order = TrialOrder(words), let page = TrialPage(descriptor: pageDescriptor) else {
      return 2
    }
    close(pageDescriptor)
    // What the runtime asks the kernel for but once, it asks now.
    guard Set([1]).contains(1), let file = try? DriverFile(path: order.path, trusted: false) else {
      return 2
    }
    let exchanges = ExchangeFolder(order.directories).exchanges
    guard conform_prepare(page.address) == 0 else { return 2 }
    let gang = order.trial == .threads ? Gang(count: 4) : nil
    if order.trial == .load {
      LoadTrial(page: page, file: file).run()
    } else if let driver = map(file, page) {
      let stage = TrialStage(page: page, driver: driver, exchanges: exchanges, seed: order.seed)
      if let gang {
        ThreadTrial(stage: stage, gang: gang).run()
      } else {
        run(order.trial, stage)
      }
    }
    conform_leave(page.address)
  }

  private static func run(_ trial: Trial, _ stage: TrialStage) {
    switch trial {
    case .plays(let part, let count): PlayTrial(stage: stage).run(part: part, of: count)
    case .memory: MemoryTrial(stage: stage).run()
    case .one(let recording, let play):
      PlayTrial(stage: stage).run(recording: recording, play: play)
    case .load, .threads: break
    }
  }

  /// The driver whose functions lend what they are given. Mapping it and its table were found right
  /// before, by another child.
  private static func map(_ file: DriverFile, _ page: TrialPage) -> Driver? {
    conform_enter(CONFORM_IN_LOAD)
    guard let library = try? file.map() else { return nil }
    // As long as the process lives.
    _ = Unmanaged.passRetained(library)
    _ = conform_confine(page.address, 0)
    conform_enter(CONFORM_IN_ENTRY)
    typealias Entry = @convention(c) (UInt32) -> UnsafePointer<nexus_driver>?
    guard let symbol = library.symbol("nexus_driver_entry"),
      let table = unsafeBitCast(symbol, to: Entry.self)(NEXUS_ABI_MAJOR)
    else { return nil }
    conform_enter(CONFORM_IN_TABLE)
    defer { conform_enter(CONFORM_IN_HOST) }
    guard let lent = conform_lend(table) else { return nil }
    return try? Driver(table: lent)
  }
}

/// What every trial of exchanges has.
final class TrialStage {
  let page: TrialPage
  let driver: Driver
  /// All recordings; those of operations that the driver does not declare are not played.
  let exchanges: [RecordedExchange]
  let seed: UInt64
  let judge: Judge
  /// How often each check was noted.
  private var noted: [String: Int] = [:]

  init(page: TrialPage, driver: Driver, exchanges: [RecordedExchange], seed: UInt64) {
    self.page = page
    self.driver = driver
    self.exchanges = exchanges
    self.seed = seed
    judge = Judge(driver: driver.descriptor)
  }

  /// The places of the recordings that the driver can be asked.
  var playable: [Int] { exchanges.indices.filter { driver.supports(exchanges[$0].kind) } }

  /// Whether the recording is of a server that the driver is for.
  func isOwn(_ recording: RecordedExchange) -> Bool {
    driver.descriptor.types.contains(recording.type)
  }

  private static let mostPerCheck = 2

  /// Notes what is wrong; of each check the first few.
  func note(_ check: String, _ text: String, _ recording: RecordedExchange, _ play: Play) {
    noted[check, default: 0] += 1
    guard noted[check, default: 0] <= Self.mostPerCheck else { return }
    page.add(check, text, exchange: recording.name, play: play.label)
  }

  /// Plays a recording, and judges what came of it but for comparisons with others.
  @discardableResult
  func play(_ recording: RecordedExchange, _ play: Play) -> (Transcript, Playing) {
    conform_play(recording.name, play.label, play.isStrict ? 1 : 0)
    let playing = Playing(driver, recording, play)
    let found = playing.run()
    page.address.pointee.plays += 1
    judgeTime(recording, play)
    if let wrong = conform_wrong_report() {
      note("exchange.reports", "Of what it reports, \(String(cString: wrong)).", recording, play)
    }
    for fault in judge.faults(recording, play, found) {
      note(fault.check, fault.text, recording, play)
    }
    return (found, playing)
  }

  /// A call that took long is made again: another process may have been in the way.
  private func judgeTime(_ recording: RecordedExchange, _ play: Play) {
    var slowness = Self.slowness(conform_taken())
    for _ in 0..<2 where slowness != nil {
      conform_play(recording.name, play.label, 1)
      _ = Playing(driver, recording, play).run()
      slowness = Self.slowness(conform_taken())
    }
    guard let slowness else { return }
    note("exchange.time", slowness, recording, play)
    giveUp()
  }

  static func slowness(_ times: conform_times) -> String? {
    Judge.slowness(
      total: times.total, longest: times.longest, allowed: times.allowed, call: Int(times.call),
      calls: Int(times.calls), given: times.given)
  }

  /// Ends the trial: to go on would take for ever.
  func giveUp() -> Never {
    page.address.pointee.stopped = 1
    conform_leave(page.address)
  }
}
