import LatencyModels

/// A request as a server sees it.
struct Job {
  /// Unique among all tries of a run.
  let id: Int
  /// Which model it is for.
  let model: Int
  let prompt: Passage
  /// Length of the answer.
  var answer: Int
  /// Decides the last tenth of its times: the same wherever it goes.
  var random: Random
  /// Whether the model was not in memory when it came.
  var isCold = false
}
