/// When the configuration is read again: a value that is told what happened. Times in milliseconds of
/// one monotonic clock.
///
/// A request is followed at once, a change of the file when it has been quiet for a moment: editors
/// and tools save in several steps. One reading follows another, never two at once.
struct ReloadState: Equatable {
  /// What happened.
  enum Event: Equatable {
    /// Time has passed.
    case tick
    /// The file is another. `isBeingWritten`: whoever writes it has not closed it yet.
    case changed(isBeingWritten: Bool)
    /// Whoever wrote the file has closed it.
    case written
    /// Somebody asks for it.
    case requested
    /// The reading that was begun has ended, and what came of it is in force.
    case finished
  }

  /// How long the file must have been quiet.
  static let quiet: UInt64 = 200
  /// How long a file that somebody holds open for writing must have been quiet.
  static let quietWhileOpen: UInt64 = 2_000
  /// How long a file that never is quiet is waited for.
  static let longest: UInt64 = 10_000

  /// When to read next; nil if nothing asks for it.
  private(set) var due: UInt64?
  private var firstChange: UInt64?
  private var isBusy = false

  /// When to tick next; nil while a reading is under way, which will be told to have finished.
  var wake: UInt64? { isBusy ? nil : due }

  /// Takes an event. Returns whether to begin a reading.
  mutating func on(_ event: Event, now: UInt64) -> Bool {
    switch event {
    case .tick: break
    case .changed(let isBeingWritten):
      let first = firstChange ?? now
      firstChange = first
      let pause = isBeingWritten ? Self.quietWhileOpen : Self.quiet
      due = min(now + pause, first + Self.longest)
    case .written:
      if let due { self.due = min(due, now + Self.quiet) }
    case .requested: due = now
    case .finished: isBusy = false
    }
    guard !isBusy, let due, due <= now else { return false }
    self.due = nil
    firstChange = nil
    isBusy = true
    return true
  }
}
