/// The command line of `placement-bench`.
struct Options {
  var traces: [String] = []
  var strategies: [String] = []
  var seeds: [UInt64] = [1, 2, 3, 4, 5]
  var checks = false
  var isMarkdown = false
  /// Number of a request whose decision is shown.
  var explained: Int?
  /// How many of the worst decisions are shown.
  var regrets: Int?

  static let usage = """
    usage: placement-bench [--trace NAME]… [--strategy NAME]… [--seed N | --seeds N] [--check]
                           [--markdown] [--explain N] [--regrets N]

      --trace NAME     only this trace; repeat for more
      --strategy NAME  only this strategy; repeat for more
      --seed N         only this seed
      --seeds N        the seeds 1 to N (5)
      --check          exit with 1 if a criterion is missed
      --markdown       tables for docs/ROUTING.md
      --explain N      how `smart` decided on request N of the trace's first seed, and what would have
                       come of each choice
      --regrets N      the N decisions of `smart` that cost their request most against the oracle's
    """

  /// Nil if the command line cannot be understood.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--check": checks = true
      case "--markdown": isMarkdown = true
      case "--trace":
        guard let name = rest.popFirst(), Traces.all.contains(where: { $0.name == name }) else {
          return nil
        }
        traces.append(name)
      case "--strategy":
        guard let name = rest.popFirst(), Bench.strategies.contains(name) else {
          return nil
        }
        strategies.append(name)
      case "--seed":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        seeds = [seed]
      case "--seeds":
        guard let count = rest.popFirst().flatMap({ UInt64($0) }), count > 0 else { return nil }
        seeds = Array(1...count)
      case "--explain":
        guard let number = rest.popFirst().flatMap({ Int($0) }) else { return nil }
        explained = number
      case "--regrets":
        guard let number = rest.popFirst().flatMap({ Int($0) }) else { return nil }
        regrets = number
      default: return nil
      }
    }
  }
}
