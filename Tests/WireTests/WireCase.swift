import Testing

/// A dialogue between clients, the gateway and scripted backends, read from one `.case` file.
struct WireCase: Sendable, CustomTestStringConvertible {
  /// A scripted backend that the gateway is told of.
  struct Backend: Sendable, Equatable {
    /// How the runner answers the gateway's surveys of this backend.
    enum Survey: String, Sendable {
      case models, garbage, silent, error, close
    }
    var name: String
    var type = "generic"
    var models = ["m1"]
    var survey = Survey.models
    /// The environment variable with its key, if it has one.
    var keyVariable: String?
    /// Keys of `--backend` that the runner passes on: "zone=open".
    var keys: [String] = []
  }

  /// One line of the dialogue, with the block of text under it.
  struct Step: Sendable, Equatable {
    /// The line of the file, counted from one.
    var line: Int
    /// Who acts: `client…`, the name of a backend, or `gateway`.
    var actor: String
    /// Tells exchanges of one backend apart; empty for most cases.
    var label: String
    /// The rest of the line.
    var words: [String]
    /// The text under the line, without the bars.
    var block: [String]
  }

  /// The file's name without its ending.
  var name: String
  var summary = ""
  var tags: [String] = []
  /// Arguments for `nexus serve`.
  var flags: [String] = []
  /// Lines of the configuration file; without one there is no file.
  var configuration: [String] = []
  /// Environment of the gateway.
  var environment: [String: String] = [:]
  var backends: [Backend] = []
  /// How many backends must be healthy before the dialogue begins; nil means all with a survey.
  var ready: Int?
  var steps: [Step] = []

  var testDescription: String { "\(name): \(summary)" }
}
