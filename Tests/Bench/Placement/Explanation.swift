import Fleet
import Routing

/// Shows decisions of `smart` beside what would have come of each choice.
struct Explanation {
  let bench: Bench

  /// The decision on one request.
  func explain(_ number: Int, _ trace: Trace) -> String {
    var text = "no such request\n"
    guard let run = bench.run(trace, "smart") else { return text }
    run.onDecision = { decided, call, choices, run in
      if decided == number { text = describe(number, call, choices, run) }
    }
    run.play()
    return text
  }

  /// The decisions that cost their requests most against the best choice at the same moment.
  func regrets(_ count: Int, _ trace: Trace) -> String {
    var worst: [(regret: Double, text: String)] = []
    var total = 0.0
    guard let run = bench.run(trace, "smart") else { return "" }
    run.onDecision = { number, call, choices, run in
      guard let chosen = choices.first?.node else { return }
      let times = Oracle.times(call, run)
      let best = times.min() ?? .infinity
      let regret = min(times[chosen], 300_000) - min(best, 300_000)
      total += regret
      guard regret > 0, worst.count < count || regret > (worst.last?.regret ?? 0) else { return }
      worst.append((regret, describe(number, call, choices, run)))
      worst.sort { $0.regret > $1.regret }
      if worst.count > count { worst.removeLast() }
    }
    run.play()
    let mean = total / Double(max(1, run.calls.count)) / 1_000
    return "\(trace.name), seed \(trace.seed): mean regret \(mean.text(3)) s\n\n"
      + worst.map(\.text).joined(separator: "\n")
  }

  private func describe(_ number: Int, _ call: Call, _ choices: [Choice], _ run: Run) -> String {
    let times = Oracle.times(call, run)
    let best = times.indices.min { times[$0] < times[$1] } ?? 0
    var text =
      "#\(number) at \((run.now / 1_000).text(2)) s: model \(call.model), conversation "
      + "\(call.conversation).\(call.step), prompt \(call.prompt.tokens), answer \(call.answer)\n"
    let warm = run.desk.warmPlaces(call, now: run.now)
    let entries = (run.placer as? RouterPlacer)?.explain(call, run).entries ?? []
    for (node, entry) in entries.enumerated() {
      let mark = (choices.first?.node == node ? ">" : " ") + (best == node ? "*" : " ")
      let real = run.nodes[node]
      let load = run.desk.backend(node).load
      text +=
        "\(mark) \(entry.backend.padded(8)) true \((times[node] / 1_000).text(2)) s, "
        + "\(real.runningCount)+\(real.queue.count) there, in flight \(load.inFlight), "
        + "warm \(warm.bytes(at: run.desk.backend(node).key)) bytes\(real.isDown ? ", down" : "")\n"
      switch entry.outcome {
      case .kept(let rank, let reading, let score):
        let terms = (score?.terms ?? []).filter { $0.value != 0 }
          .map { "\($0.name) \($0.value.text($0.value < 10 ? 2 : 0))" }
        text += "     rank \(rank): \(terms.joined(separator: ", "))\n"
        text += "     \(reading.speed)\n"
      case .notChosen: text += "     not chosen\n"
      case .dropped(let stage, let reason):
        text += "     dropped at \(stage.rawValue): \(reason.token)\n"
      }
    }
    return text
  }
}
