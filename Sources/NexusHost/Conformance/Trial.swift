/// What one child process tries.
enum Trial: Equatable, Sendable {
  /// Mapping the file and reading its table.
  case load
  /// Every play of every so-manieth recording on one thread.
  case plays(part: Int, of: Int)
  /// Endless replies, and whether memory grows.
  case memory
  /// Many exchanges at once.
  case threads
  /// One recording, played in one way.
  case one(recording: String, play: String)

  /// As a word of the command line.
  var word: String {
    switch self {
    case .load: "load"
    case .plays(let part, let count): "plays:\(part):\(count)"
    case .memory: "memory"
    case .threads: "threads"
    case .one(let recording, let play): "one:\(recording):\(play)"
    }
  }

  init?(_ word: String) {
    let parts = word.split(separator: ":").map(String.init)
    switch parts.first {
    case "load": self = .load
    case "memory": self = .memory
    case "threads": self = .threads
    case "plays":
      guard parts.count == 3, let part = Int(parts[1]), let count = Int(parts[2]), count > 0 else {
        return nil
      }
      self = .plays(part: part, of: count)
    case "one":
      guard parts.count == 3 else { return nil }
      self = .one(recording: parts[1], play: parts[2])
    default: return nil
    }
  }
}

/// What a child is told on its command line.
struct TrialOrder: Equatable, Sendable {
  var trial: Trial
  var path: String
  var seed: UInt64
  var directories: [String]

  /// The words after the name of the hidden command.
  var words: [String] { [trial.word, path, "\(seed)"] + directories }

  init(trial: Trial, path: String, seed: UInt64, directories: [String]) {
    self.trial = trial
    self.path = path
    self.seed = seed
    self.directories = directories
  }

  init?(_ words: [String]) {
    guard words.count >= 3, let trial = Trial(words[0]), let seed = UInt64(words[2]) else {
      return nil
    }
    self.init(
      trial: trial, path: words[1], seed: seed, directories: Array(words.dropFirst(3)))
  }
}
