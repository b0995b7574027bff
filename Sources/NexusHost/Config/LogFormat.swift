/// How lines of the log look.
public enum LogFormat: String, CaseIterable, Sendable {
  /// For people: aligned columns, coloured on a terminal.
  case pretty
  /// For programs: one JSON object a line.
  case json
}
