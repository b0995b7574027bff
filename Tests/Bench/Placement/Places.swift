import Fleet
import Routing

/// What counts a request as under way, taken as the gateway takes it (`RelayedRequest.enter`).
final class Places {
  private let backend: InFlight?
  private let model: InFlight?
  private let trial: CircuitTrial?
  private let modelTrial: CircuitTrial?

  /// Nil if others are preferred. `attempt`: nil for strategies that are not the gateway's.
  /// `isForced`: there are no others.
  init?(
    _ attempt: Attempt?, _ backend: Backend, _ model: Model, at now: Double, moment: UInt64,
    isForced: Bool
  ) {
    var trial: CircuitTrial?
    var modelTrial: CircuitTrial?
    if let attempt {
      let mayBeShut = isForced || attempt.isLastResort
      switch backend.load.circuit.enter(at: UInt64(now)) {
      case .free: break
      case .trial(let taken): trial = consume taken
      case .shut(let isFirm): if !mayBeShut || isFirm { return nil }
      }
      switch model.account.circuit.enter(at: UInt64(now)) {
      case .free: break
      case .trial(let taken): modelTrial = consume taken
      case .shut(let isFirm): if !mayBeShut || isFirm { return nil }
      }
      if attempt.isTrial, !model.judge(on: backend.load).takeTrial() { return nil }
    }
    self.backend = backend.load.enter(at: moment)
    self.model = model.account.requests.enter()
    self.trial = trial.take()
    self.modelTrial = modelTrial.take()
    backend.load.use(model.account)
  }
}
