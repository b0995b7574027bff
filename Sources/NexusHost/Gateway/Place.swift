import Fleet

/// A request's place at a backend from when it may go there until it has ended: it counts there, and
/// may be the trial of a circuit.
struct Place: ~Copyable {
  private let inFlight: InFlight
  private let trial: CircuitTrial?
  private let modelTrial: CircuitTrial?

  init(
    _ inFlight: consuming InFlight, trial: consuming CircuitTrial?,
    modelTrial: consuming CircuitTrial?
  ) {
    self.inFlight = inFlight
    self.trial = trial
    self.modelTrial = modelTrial
  }
}
