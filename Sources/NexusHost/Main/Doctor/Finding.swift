/// Something that was looked at, and how it is.
struct Finding: Equatable, Sendable {
  enum Level: String, CaseIterable, Sendable {
    case ok
    /// It works, but perhaps not as it was meant.
    case warn
    /// Something does not work.
    case fail
  }

  /// What it is about, in the order of the report.
  enum Area: String, CaseIterable, Sendable {
    case machine
    case configuration
    case drivers
    case gateway
    case backends
  }

  let level: Level
  let area: Area
  /// The name of the check for scripts: "backend_reachable".
  let check: String
  /// The backend that it is about, or nil.
  var backend: String?
  /// What was found, for people; more than one line for a place in a file.
  let message: String
  /// What to do about it, or nil.
  var fix: String?

  init(
    _ level: Level, _ area: Area, _ check: String, _ message: String, fix: String? = nil,
    backend: String? = nil
  ) {
    self.level = level
    self.area = area
    self.check = check
    self.message = message
    self.fix = fix
    self.backend = backend
  }
}
