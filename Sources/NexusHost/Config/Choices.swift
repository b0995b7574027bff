/// What can stand in a place of the command line: for completion.
public enum Choices: Equatable, Sendable {
  /// Nothing is known of it.
  case free
  /// One of these.
  case words([String])
  case files
  case directories
  /// The name of a backend that the running gateway knows.
  case backends
  /// A model that the running gateway knows.
  case models
  /// A job of the running gateway.
  case jobs
  /// A backend type that a driver serves.
  case types
  /// The words of a command.
  case commands

  /// What the help's word for a value or an operand means: "FILE", "[COMMAND]".
  init(placeholder: String) {
    let name = placeholder.hasPrefix("[") ? String(placeholder.dropFirst().dropLast()) : placeholder
    self =
      switch name {
      case "FILE", "PATH": .files
      case "DIR": .directories
      case "NAME": .backends
      case "MODEL": .models
      case "JOB": .jobs
      case "TYPE": .types
      case "COMMAND": .commands
      case "SHELL": .words(Commands.shells)
      case "LEVELS": .words(LogLevel.allCases.map(\.rawValue))
      case "ZONE": .words(Settings.Zone.allCases.map(\.rawValue))
      default: .free
      }
  }

  /// The values of a key's kind.
  init(_ kind: SettingKind, placeholder: String) {
    switch kind {
    case .word(let words, _): self = .words(words)
    default: self = Choices(placeholder: placeholder)
    }
  }
}
