import Config
import Glibc
import Net
import Telemetry

/// What came of a reload that was carried out.
public struct ReloadReport: Equatable, Sendable {
  public var drivers = DriverNews()
  /// What of the configuration is different now, a line for each key.
  public var changed: [String] = []
  /// What is configured otherwise than the process was started with, and needs a restart.
  public var restartNeeded: [String] = []
  public var warnings: [String] = []
}

/// Why a configuration was refused: the one before stays in force, whole.
public struct ReloadRefusal: Error, Equatable, Sendable {
  /// Each as people read it; may have several lines.
  public let faults: [String]
}

/// Reads the configuration and the directory of drivers again when somebody asks for it or a file has
/// become another, and puts them in force as far as they are sound: the drivers whatever is to be said
/// of the configuration.
///
/// Methods are for any thread.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only; other
/// threads post to it.
public final class ReloadController: @unchecked Sendable {
  public typealias Outcome = Result<ReloadReport, ReloadRefusal>

  private let loop: EventLoop
  private let file: String?
  private let folder: String
  private let log: Log
  private let refresh: () -> DriverNews
  private let read: (Settings) -> Loaded
  private let apply: (Settings, @escaping @Sendable () -> Void) -> Void
  private let announce: (_ begins: Bool) -> Void
  /// What the process was started with: keys that need a restart have these values.
  private let started: Loaded
  /// What is in force, but for the keys that need a restart. Control loop's thread.
  private var current: Loaded
  /// Whether there was a file when the configuration in force was read.
  private var hadFile: Bool
  private var state = ReloadState()
  private var timer: Timed?
  private var watch: FileWatch?
  private var folderWatch: DirectoryWatch?
  private var waiting: [UnsafeContinuation<Outcome, Never>] = []
  /// Whether somebody asked for the next reading; otherwise the file did.
  private var isRequested = false

  /// `file`: the path of the configuration file, there or not; nil if none is used. `folder`: the
  /// directory of drivers. `refresh` loads what is there now. `read` reads and checks all sources; it
  /// is given the settings in force. `apply` puts settings in force and says when they are. `announce`
  /// is told of the begin and the end of every reload. All are called on the control loop's thread.
  public init(
    loop: EventLoop, file: String?, folder: String, started: Loaded, log: Log,
    refresh: @escaping @Sendable () -> DriverNews,
    read: @escaping @Sendable (Settings) -> Loaded,
    apply: @escaping @Sendable (Settings, @escaping @Sendable () -> Void) -> Void,
    announce: @escaping @Sendable (_ begins: Bool) -> Void
  ) {
    self.announce = announce
    self.loop = loop
    self.file = file
    self.folder = folder
    self.log = log
    self.refresh = refresh
    self.read = read
    self.apply = apply
    self.started = started
    current = started
    hadFile = file.map(Self.exists) ?? false
  }

  /// Every key with its value in force as JSON. Control loop's thread.
  public var configuration: [UInt8] { current.json(since: started) }

  /// The path of the configuration file in force, or nil if there is none. Control loop's thread.
  public var configurationFile: String? { hadFile ? file : nil }

  /// Begins to watch the file and the directory of drivers.
  public func start() {
    watchFolder()
    guard let file else { return }
    loop.spawn { [self] in
      do throws(NetError) {
        let watch = try FileWatch(file, loop: loop)
        self.watch = watch
        await watch.run {
          noticed($0)
        } trouble: { directories in
          log.warn(
            "config", "changes of the file may go unnoticed; use 'nexus reload'",
            ["file": file, "reason": "cannot watch \(directories.joined(separator: ", "))"])
        }
      } catch {
        log.warn(
          "config", "changes of the file go unnoticed; use 'nexus reload'",
          ["file": file, "reason": "\(error)"])
      }
    }
  }

  /// Ends the watching.
  public func stop() {
    loop.post { [self] in
      watch?.stop()
      watch = nil
      folderWatch?.close()
      folderWatch = nil
    }
  }

  /// Reads the configuration again; what comes of it stands in the log.
  public func request() {
    loop.post { [self] in
      isRequested = true
      take(.requested)
    }
  }

  /// Reads the configuration again and says what came of it, as soon as it is in force.
  public func reload() async -> Outcome {
    await withUnsafeContinuation { continuation in
      loop.post { [self] in
        waiting.append(continuation)
        isRequested = true
        take(.requested)
      }
    }
  }

  private func watchFolder() {
    loop.spawn { [self] in
      do throws(NetError) {
        let watch = try DirectoryWatch(loop: loop)
        folderWatch = watch
        if !watch.watch([folder]).isEmpty { tellUnwatched("cannot watch it") }
        while let events = await watch.next() {
          // In the place of the directory there may be another.
          if events.contains(where: \.name.isEmpty) { _ = watch.watch([folder]) }
          let own = events.filter { $0.name.hasSuffix(".so") && !$0.name.hasPrefix(".") }
          guard !own.isEmpty else { continue }
          let writing = own.last { $0.isModified || $0.isClosed }
          take(.changed(isBeingWritten: writing.map { !$0.isClosed } ?? false))
        }
      } catch {
        tellUnwatched("\(error)")
      }
    }
  }

  private func tellUnwatched(_ reason: String) {
    log.warn(
      "drivers", "changes of drivers go unnoticed; use 'nexus reload'",
      ["directory": folder, "reason": reason])
  }

  private func noticed(_ event: FileWatch.Event) {
    switch event {
    case .changed(let isBeingWritten): take(.changed(isBeingWritten: isBeingWritten))
    case .written: take(.written)
    }
  }

  private func take(_ event: ReloadState.Event) {
    let now = MonotonicClock.milliseconds()
    if state.on(event, now: now) { begin() }
    if let timer { loop.cancelExpiry(timer) }
    timer = state.wake.map { wake in
      loop.after(wake > now ? wake - now : 0) { [weak self] in self?.take(.tick) }
    }
  }

  private func begin() {
    let askers = waiting
    waiting = []
    let wasRequested = isRequested
    isRequested = false
    announce(true)
    let finish: @Sendable (Outcome) -> Void = { [self] outcome in
      for asker in askers { asker.resume(returning: outcome) }
      // Not from within what began it: the state is being changed there.
      loop.post {
        self.announce(false)
        self.take(.finished)
      }
    }
    _ = folderWatch?.watch([folder])
    let drivers = refresh()
    let refused = { [self] (refusal: ReloadRefusal) in
      let outcome = Outcome.failure(refusal)
      guard !drivers.changed.isEmpty else { return finish(outcome) }
      apply(current.settings) { finish(outcome) }
    }
    if hadFile, let file, !Self.exists(file) {
      return refused(refuse(["\(file) is not there any more"]))
    }
    let loaded = read(current.settings)
    for warning in loaded.warnings { tell(warning) }
    guard loaded.errors.isEmpty else {
      for error in loaded.errors { tell(error) }
      return refused(refuse(loaded.errors.map(\.text)))
    }
    let report = report(loaded, drivers)
    apply(loaded.settings) { [self] in
      hadFile = file.map(Self.exists) ?? false
      current = loaded
      tell(report, level: wasRequested || !report.changed.isEmpty ? .info : .debug)
      finish(.success(report))
    }
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

// MARK: - What is said

extension ReloadController {
  private func report(_ loaded: Loaded, _ drivers: DriverNews) -> ReloadReport {
    let changes = Settings.diff(from: current.settings, to: loaded.settings).filter(\.isLive)
    let fixed = Settings.diff(from: started.settings, to: loaded.settings).filter { !$0.isLive }
    return ReloadReport(
      drivers: drivers, changed: changes.map(\.text), restartNeeded: fixed.map(\.text),
      warnings: loaded.warnings.map(\.text))
  }

  private func refuse(_ faults: [String]) -> ReloadRefusal {
    log.error(
      "config", "the configuration is refused; the one before stays in force",
      ["faults": faults.count, "first": faults.first.map { $0.prefix { $0 != "\n" }.description }])
    return ReloadRefusal(faults: faults)
  }

  private func tell(_ diagnostic: Diagnostic) {
    log.write(
      diagnostic.severity == .error ? .error : .warn, "config", diagnostic.message,
      [
        "key": diagnostic.path, "file": diagnostic.line == nil ? nil : file,
        "line": diagnostic.line, "column": diagnostic.column,
      ])
  }

  private func tell(_ report: ReloadReport, level: LogLevel) {
    for change in report.changed { log.info("config", "changed", ["change": change]) }
    if !report.restartNeeded.isEmpty {
      log.warn(
        "config", "these changes need a restart",
        ["changes": report.restartNeeded.joined(separator: "; ")])
    }
    log.write(
      level, "config", "configuration read again",
      ["changes": report.changed.count, "file": file])
  }
}
