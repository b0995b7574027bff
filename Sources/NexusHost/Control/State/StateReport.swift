/// What was found when the state was opened.
public struct StateReport: Equatable, Sendable {
  /// Facts that hold.
  public var records = 0
  /// Bytes that could not be read.
  public var discardedBytes = 0
  /// Records that these held, as far as can be told.
  public var discardedRecords = 0
  /// Sentences for the log: what was discarded or is not kept, and why. Usually none.
  public var notes: [String] = []
}
