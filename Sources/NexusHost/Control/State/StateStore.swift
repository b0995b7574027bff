import Glibc
import Net
import Synchronization

/// What must outlive a restart, in a directory (docs/STATE.md).
///
/// A record is acknowledged when it is on the disk; `kill -9` at any moment loses nothing
/// acknowledged and never prevents the next start. Methods are for any thread.
public final class StateStore: Sendable {
  private struct Waiting: Sendable {
    let record: StateRecord
    let completion: @Sendable (StateError?) -> Void
  }

  private struct Shared: Sendable {
    var contents: StateContents
    var waiting: [Waiting] = []
    var writer: LoopThread?
    var isClosed = false
    /// Another process has the directory for now; records wait.
    var isLent = false
  }

  /// Where the state is kept; nil if it is in memory only.
  public var path: String? { disk?.path }

  private let disk: (any StateDisk)?
  private let shared: Mutex<Shared>
  /// The writer's; nil until the directory is this process's.
  private let journal: Mutex<StateJournal?>
  private let compactAbove: Int

  // MARK: Opening and closing

  /// Reads what is there without creating anything but the lock in a directory that exists.
  /// Directory (0700), lock and journal (0600) come with the first record.
  ///
  /// A location that was asked for must be usable; otherwise the store keeps things in memory and
  /// the report says why. `compactAbove`: bytes of a journal that is worth compacting.
  public static func open(
    _ location: StateLocation, compactAbove: Int = 64 << 10
  ) throws(StateError) -> (store: StateStore, report: StateReport) {
    guard case .directory(let path, let isExplicit) = location else {
      return inMemory("neither STATE_DIRECTORY nor XDG_STATE_HOME nor HOME is set")
    }
    do throws(StateError) {
      return try open(StateDirectory(path: path), compactAbove: compactAbove)
    } catch {
      if isExplicit { throw error }
      return inMemory(error.description)
    }
  }

  /// Opens the state on any disk.
  static func open(
    _ disk: any StateDisk, compactAbove: Int = 64 << 10
  ) throws(StateError) -> (store: StateStore, report: StateReport) {
    var report = StateReport()
    var journal: StateJournal?
    var contents = StateContents()
    do throws(StateError) {
      if try disk.attach(create: false) {
        var found = StateJournal(disk: disk, compactAbove: compactAbove)
        contents = try found.load(&report)
        journal = found
      }
    } catch {
      disk.detach()
      throw error
    }
    let store = StateStore(disk, journal, contents, compactAbove)
    return (store, report)
  }

  private static func inMemory(_ why: String) -> (store: StateStore, report: StateReport) {
    var report = StateReport()
    report.notes.append("what is changed by command is forgotten at the next start: \(why)")
    return (StateStore(nil, nil, StateContents(), 0), report)
  }

  private init(
    _ disk: (any StateDisk)?, _ journal: StateJournal?, _ contents: StateContents,
    _ compactAbove: Int
  ) {
    self.disk = disk
    self.journal = Mutex(journal)
    shared = Mutex(Shared(contents: contents))
    self.compactAbove = compactAbove
  }

  deinit { close() }

  /// Writes what waits, and lets another process have the directory. Not on the writer's thread.
  public func close() {
    let writer = shared.withLock { shared in
      shared.isClosed = true
      defer { shared.writer = nil }
      return shared.writer
    }
    writer?.loop.stop()
    writer?.join()
    letGo()
    let rest = shared.withLock { shared in
      defer { shared.waiting = [] }
      return shared.waiting
    }
    for entry in rest { entry.completion(.closed) }
  }

  /// Writes what waits, and lets another process have the directory until `reclaim()` or for good.
  /// Records that come meanwhile wait for one or the other. Not on the writer's thread.
  public func lend() {
    let writer = shared.withLock { shared in
      shared.isLent = true
      return shared.writer
    }
    if let writer, let answer = try? StateAnswer() {
      writer.loop.post { [self] in
        commit(evenIfLent: true)
        answer.give(nil)
      }
      _ = answer.wait()
    }
    letGo()
  }

  /// Takes the directory again after `lend()`: what the other process wrote there holds, once there is
  /// something to write. Throws if it is still in use; then it is tried again with the next record.
  public func reclaim() throws(StateError) {
    shared.withLock { shared in
      shared.isLent = false
      shared.writer?.loop.post { [self] in commit() }
    }
    _ = try disk?.attach(create: false)
  }

  private func letGo() {
    journal.withLock { journal in
      journal?.close()
      journal = nil
    }
    disk?.detach()
  }

  // MARK: Reading

  /// The facts that hold, in the order of their first appearance.
  public var records: [StateRecord] { shared.withLock { $0.contents }.records }

  /// The facts of one kind, in that order.
  public func values(_ kind: String) -> [(key: String, value: [UInt8])] {
    records.compactMap { record in
      guard record.kind == kind, let value = record.value else { return nil }
      return (record.key, value)
    }
  }

  // MARK: Writing

  /// Returns when the record is on the disk. For threads that may block, but the writer's.
  public func put(_ record: StateRecord) throws(StateError) {
    let answer = try StateAnswer()
    put(record) { answer.give($0) }
    if let error = answer.wait() { throw error }
  }

  /// Has the record written. `completion` is called on the writer's thread when it is on the disk,
  /// or why it is not; on the caller's if it is refused at once. Order is kept; records that wait
  /// together are synced together.
  public func put(
    _ record: StateRecord, completion: @escaping @Sendable (StateError?) -> Void
  ) {
    if let why = record.fault {
      return completion(.unsuitable(key: record.key, why: why))
    }
    let refusal = shared.withLock { shared -> StateError? in
      if shared.isClosed { return .closed }
      do throws(StateError) {
        if shared.writer == nil { shared.writer = try Self.startWriter() }
        shared.waiting.append(Waiting(record: record, completion: completion))
        shared.writer?.loop.post { [self] in commit() }
        return nil
      } catch {
        return error
      }
    }
    if let refusal { completion(refusal) }
  }

  private static func startWriter() throws(StateError) -> LoopThread {
    do throws(NetError) {
      let thread = try LoopThread(name: "nexus-state", loop: EventLoop())
      thread.loop.post {
        // A write beyond RLIMIT_FSIZE is to fail, not to end the process.
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGXFSZ)
        pthread_sigmask(SIG_BLOCK, &set, nil)
      }
      return thread
    } catch {
      guard case .system(let call, let code) = error else { throw .closed }
      throw .system(call: call, path: "nexus-state", errno: code)
    }
  }

  /// Writes everything that waits, on the writer's thread.
  private func commit(evenIfLent: Bool = false) {
    let (waiting, before) = shared.withLock { shared -> ([Waiting], StateContents) in
      guard evenIfLent || !shared.isLent else { return ([], shared.contents) }
      defer { shared.waiting = [] }
      return (shared.waiting, shared.contents)
    }
    guard !waiting.isEmpty else { return }
    var batch = StateBatch(waiting.map(\.record), on: before)
    var failure: StateError?
    do throws(StateError) {
      if !batch.changes.isEmpty { try write(&batch) }
      shared.withLock { $0.contents = batch.contents }
    } catch {
      failure = error
    }
    for (entry, refusal) in zip(waiting, batch.refusals) { entry.completion(refusal ?? failure) }
    if failure == nil { journal.withLock { $0?.compact(batch.contents) } }
  }

  private func write(_ batch: inout StateBatch) throws(StateError) {
    guard let disk else { return }
    let compactAbove = compactAbove
    batch = try journal.withLock { [batch] (journal) throws(StateError) -> StateBatch in
      var batch = batch
      if journal == nil {
        // The directory appears now, or somebody made it since the start and may have left facts.
        _ = try disk.attach(create: true)
        var found = StateJournal(disk: disk, compactAbove: compactAbove)
        var report = StateReport()
        batch = StateBatch(batch.records, on: try found.load(&report))
        journal = found
      }
      try journal?.append(batch.changes, giving: batch.contents)
      return batch
    }
  }
}
