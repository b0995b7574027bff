import Drivers
import Fleet
import HTTP
import Net
import Routing
import Telemetry

/// Where a request may go, with a place at the first of it.
struct Placement: ~Copyable {
  /// To be tried in order; never empty.
  let attempts: ArraySlice<Attempt>
  /// Whether a better place was taken by others in the meantime.
  let passedOver: Bool
  /// Where the first of them is.
  let place: Occupancy
  private var first: Place?

  init(
    _ attempts: ArraySlice<Attempt>, at place: Occupancy, passedOver: Bool,
    first: consuming Place
  ) {
    self.attempts = attempts
    self.place = place
    self.passedOver = passedOver
    self.first = consume first
  }

  /// The place at the first attempt, once.
  mutating func takePlace() -> Place? { first.take() }
}

/// What a request finds that can be served, now or before long.
enum Found: ~Copyable {
  case place(Placement)
  case full(Saturation)
}

/// Why a request cannot go anywhere now.
enum Obstacle: Error {
  /// It can before long.
  case full(Saturation)
  case refused(Rejection)
}

/// What a request finds where everything that could serve it is full or loading.
struct Saturation {
  /// What may become free: the occupancy of a backend, with the account of the model there.
  let places: [ObjectIdentifier: ObjectIdentifier]
  /// What the plan said; nil if others were faster than the request.
  let rejection: Rejection?
}

extension RelayedRequest {
  /// What routing has to know of the request.
  func facts() -> RequestFacts {
    let input = session.connection.input
    var facts = request.facts(
      RoutingFields.mode(session.connection.request.fields, in: input.span))
    facts.spending = spending
    // Where there is no choice, nobody need look.
    session.continuation.isOpen = false
    if worker.fleet.members.count > 1 { facts.warm = warmPlaces(facts) }
    return facts
  }

  /// A place for the request, or what it has to wait for.
  func place(_ facts: RequestFacts) throws(APIError) -> Found {
    do throws(Obstacle) {
      return .place(try seek(facts))
    } catch {
      switch error {
      case .refused(let rejection): throw refusal(rejection)
      case .full(let saturation): return .full(saturation)
      }
    }
  }

  /// Plans, and takes a place at the first backend that has one.
  func seek(_ facts: RequestFacts) throws(Obstacle) -> Placement {
    var plans = 0
    while true {
      plans += 1
      switch plan(facts) {
      case .route(let attempts):
        for (index, attempt) in attempts.enumerated() {
          // Another worker may have taken the last place since the plan was made.
          guard let place = enter(attempt, isForced: plans == Self.mostPlans) else { continue }
          tell(facts, attempts)
          return Placement(
            attempts[index...], at: attempt.backend.load.requests, passedOver: index > 0,
            first: place)
        }
        // Where a circuit has opened since, or another is its trial, the next plan knows of it.
        if plans < Self.mostPlans, attempts.contains(where: hasRoom) { continue }
        var places: [ObjectIdentifier: ObjectIdentifier] = [:]
        for attempt in attempts { add(attempt.backend, attempt.model, to: &places) }
        throw .full(Saturation(places: places, rejection: nil))
      case .queue(let rejection):
        throw .full(Saturation(places: places(in: rejection), rejection: rejection))
      case .reject(let rejection):
        throw .refused(rejection)
      }
    }
  }

  /// Plans, and remembers what the plan was made from.
  private func plan(_ facts: RequestFacts) -> RoutePlan {
    let view = worker.view
    let tape = worker.tape
    let draw = worker.ids.draw()
    let live = LiveLoads(at: worker.loop.now)
    tape.rewind()
    let began = worker.metrics.beginPlan()
    let plan = Router.plan(
      facts, view.fleet, view.rules.routing, loads: TapedLoads(tape, live), draw: draw)
    worker.metrics.endPlan(began, tape) {
      Router.stageTimes(
        facts, view.fleet, view.rules.routing, loads: live, clock: MonotonicClock.nanoseconds)
    }
    let seen =
      if case .route(let attempts) = plan {
        tape.readings(for: attempts, in: view.fleet, from: live)
      } else {
        tape.readings
      }
    let basis = Decision.Basis(view: view, loads: seen, draw: draw)
    if let (decision, _) = session.record.decision {
      decision.plan(consume basis)
    } else {
      let decision = Decision(
        id: session.requestID, started: session.record.started, facts, consume basis)
      session.record.decision = (decision, worker.shared.decisions.add(decision))
    }
    return plan
  }

  /// How often a request is planned that others are always faster than.
  private static let mostPlans = 3

  private func hasRoom(_ attempt: Attempt) -> Bool {
    attempt.backend.load.inFlight < attempt.backend.maxConcurrent ?? .max
  }

  /// A place at a backend; nil if it has as many requests as it may, or if others are preferred.
  /// `isForced`: there are no others.
  func enter(_ attempt: Attempt, isForced: Bool = false) -> Place? {
    let backend = attempt.backend
    let mayBeShut = isForced || attempt.isLastResort
    let now = worker.loop.now
    var trial: CircuitTrial?
    var modelTrial: CircuitTrial?
    switch backend.load.circuit.enter(at: now) {
    case .free: break
    case .trial(let taken): trial = consume taken
    case .shut(let isFirm): guard mayBeShut, !isFirm else { return nil }
    }
    switch attempt.model.account.circuit.enter(at: now) {
    case .free: break
    case .trial(let taken): modelTrial = consume taken
    case .shut(let isFirm): guard mayBeShut, !isFirm else { return nil }
    }
    // A trial is one request; whoever comes second goes elsewhere.
    if attempt.isTrial, !attempt.model.judge(on: backend.load).takeTrial() { return nil }
    guard
      let inFlight = backend.load.enter(
        limit: backend.maxConcurrent, at: worker.nextMoment(), telling: worker.shared.queue)
    else { return nil }
    if !attempt.model.report.isRemote { backend.load.use(attempt.model.account) }
    return Place(inFlight, trial: trial.take(), modelTrial: modelTrial.take())
  }

  /// What a client is told whose request cannot be routed.
  func refusal(_ rejection: Rejection) -> APIError {
    session.record.refusal = rejection.token
    tell(rejection)
    return APIError(
      rejection, fleet: worker.fleet, healthInterval: worker.rules.limits.healthInterval)
  }

  /// The backends that could serve the request but for their load, or once they have loaded.
  private func places(in rejection: Rejection) -> [ObjectIdentifier: ObjectIdentifier] {
    var places: [ObjectIdentifier: ObjectIdentifier] = [:]
    for step in rejection.explanation.steps {
      for (member, entry) in zip(worker.fleet.members, step.entries) {
        switch entry.outcome {
        case .kept, .dropped(.capacity, _), .dropped(_, .notUp(.loading)):
          guard let model = member.models.first(where: { $0.id == entry.model }) else { continue }
          add(member.backend, model, to: &places)
        default: break
        }
      }
    }
    return places
  }

  /// The first model of a backend counts: the others only stand in for it.
  private func add(
    _ backend: Backend, _ model: Model, to places: inout [ObjectIdentifier: ObjectIdentifier]
  ) {
    let place = ObjectIdentifier(backend.load.requests)
    if places[place] == nil { places[place] = ObjectIdentifier(model.account) }
  }

  private func tell(_ facts: RequestFacts, _ attempts: [Attempt]) {
    session.log.debug(
      "routing", "request routed",
      [
        "request_id": session.requestID, "model": facts.model,
        "actual_model": attempts.first?.model.id,
        "backends": attempts.map(\.backend.name).joined(separator: ","),
        "route_reason": attempts.first?.reason.rawValue,
      ])
  }

  private func tell(_ rejection: Rejection) {
    session.log.debug(
      "routing", "request not routed",
      [
        "request_id": session.requestID, "model": rejection.explanation.model,
        "route_reason": rejection.token, "refusals": rejection.explanation.summary,
      ])
  }
}
