// Plays recorded shapes of traffic against imitated servers in virtual time, and compares where the
// gateway's strategies and others would send the requests.
//
//   swift run -c release placement-bench --help

import Drivers
import FakeDriver
import Glibc

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
  print(Options.usage)
  exit(2)
}
let bench = Bench(driver: try Driver.fake())
let traces = Traces.all.filter { options.traces.isEmpty || options.traces.contains($0.name) }
if options.explained != nil || options.regrets != nil {
  let explanation = Explanation(bench: bench)
  for (_, make) in traces {
    let trace = make(options.seeds[0])
    if let number = options.explained { print(explanation.explain(number, trace)) }
    if let count = options.regrets { print(explanation.regrets(count, trace)) }
  }
  exit(0)
}
var report = Report(isMarkdown: options.isMarkdown)
let strategies = options.strategies.isEmpty ? Bench.strategies : options.strategies
for (name, make) in traces {
  let tallies = strategies.compactMap { bench.tally($0, make, seeds: options.seeds) }
  report.add(name, make(options.seeds[0]).summary, tallies)
}
print(report.text, terminator: "")
exit(options.checks && !report.isGood ? 1 : 0)
