import Drivers

/// Knows everything: the true state of every node, what its requests still take, when it will fail
/// or turn slow. Takes the place with the soonest first token.
final class Oracle: Placer {
  let name = "oracle"

  func choices(for call: Call, _ run: Run) -> [Choice] {
    let times = Self.times(call, run)
    return run.trace.nodes.indices.filter { run.trace.nodes[$0].models.contains(call.model) }
      .sorted { (times[$0], $0) < (times[$1], $1) }.map { Choice(node: $0) }
  }

  /// True milliseconds to the first token by node if nobody else comes before; infinity where none
  /// would come, or not all of the answer.
  static func times(_ call: Call, _ run: Run) -> [Double] {
    run.nodes.indices.map { index in
      let node = run.nodes[index]
      guard node.spec.models.contains(call.model) else { return .infinity }
      return time(call.job(id: -1), node)
    }
  }

  fileprivate static func time(_ job: Job, _ node: Node) -> Double {
    var node = node
    let now = node.now
    guard node.submit(job) else { return .infinity }
    let mayFail = node.mayDie
    var first = Double.infinity
    repeat {
      for event in node.takeEvents() {
        switch event {
        case .firstToken(let one, _) where one.id == job.id:
          first = node.now - now
          if !mayFail { return first }
        case .done(let one) where one.id == job.id: return first
        case .failed(let one) where one.id == job.id: return .infinity
        default: break
        }
      }
    } while node.step()
    return first
  }
}

/// Sees the present as well as the oracle and nothing of the future: how long answers will be and
/// when nodes change. About what can be reached at best without prophecy.
final class Seer: Placer {
  let name = "seer"
  private let usualAnswer: Int

  init(_ trace: Trace) {
    let answers = trace.scripts.flatMap { $0.steps.map(\.answer) }
    usualAnswer = answers.reduce(0, +) / max(1, answers.count)
  }

  func choices(for call: Call, _ run: Run) -> [Choice] {
    let nodes = run.trace.nodes.indices.filter { run.trace.nodes[$0].models.contains(call.model) }
    let times = run.nodes.map { node in
      node.spec.models.contains(call.model)
        ? Oracle.time(call.job(id: -1), node.blinded(answer: usualAnswer)) : .infinity
    }
    return nodes.sorted { (times[$0], $0) < (times[$1], $1) }.map { Choice(node: $0) }
  }
}
