// Plays four weeks of a household's requests against imitated servers, without and with models loaded
// ahead of time, by the gateway's own history and plan.
//
//   swift run -c release prewarm-bench [--check] [--seeds N]

import Glibc

/// Loads that requests wait for must become fewer by this share.
let demanded = 0.3

var seeds = 5
var checks = false
var rest = CommandLine.arguments.dropFirst()
while let word = rest.popFirst() {
  switch word {
  case "--check": checks = true
  case "--seeds": seeds = rest.popFirst().flatMap { Int($0) } ?? seeds
  default:
    print("usage: prewarm-bench [--check] [--seeds N]")
    exit(2)
  }
}

let traces = (1...max(1, seeds)).map { Request.all(seed: UInt64($0)) }

func total(_ replay: Replay, weeks: Range<Int>) -> Tally {
  traces.map { replay.run($0)[weeks].reduce(Tally(), +) }.reduce(Tally(), +)
}

func cell(_ value: some CustomStringConvertible, _ width: Int = 9) -> String {
  String(repeating: " ", count: max(0, width - "\(value)".utf8.count)) + "\(value)"
}

func row(_ name: String, _ tally: Tally, than before: Tally) -> String {
  let saved = 100 - Int((100 * Double(tally.cold) / Double(max(1, before.cold))).rounded())
  return name + String(repeating: " ", count: max(0, 38 - name.utf8.count))
    + [
      cell(tally.requests), cell(tally.cold), cell("\(saved)%"), cell(Int(tally.waited)),
      cell(tally.prewarmed), cell(tally.wasted), cell(tally.harmed),
    ].joined()
}

print("Four weeks, \(traces.count) seeds, two servers of 24 and 12 GB")
print(
  String(repeating: " ", count: 38)
    + ["requests", "cold", "saved", "waited s", "ahead", "wasted", "harmed"].map { cell($0) }
    .joined())
var isGood = true
for (title, weeks) in [("week 4", 3..<4), ("all weeks", 0..<4)] {
  let before = total(Replay(prewarmFrom: nil, isMemoryKnown: true), weeks: weeks)
  print(row("\(title), nothing ahead of time", before, than: before))
  for isMemoryKnown in [true, false] {
    let replay = Replay(prewarmFrom: weeks.lowerBound, isMemoryKnown: isMemoryKnown)
    let after = total(replay, weeks: weeks)
    print(
      row("\(title), memory \(isMemoryKnown ? "known" : "unknown")", after, than: before))
    if Double(after.cold) > (1 - demanded) * Double(before.cold) || after.harmed > 0 {
      isGood = false
    }
  }
}
if checks, !isGood {
  print(
    "FAILED: fewer loads are saved than \(Int(demanded * 100))%, or something in use was harmed")
  exit(1)
}
