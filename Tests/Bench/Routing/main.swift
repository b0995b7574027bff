// Times the decision where a request goes: nanoseconds per plan, best of some rounds.
//
//   swift run -c release routing-bench

import Config
import Drivers
import FakeDriver
import Fleet
import Glibc
import HTTP
import Routing

/// Backends that share `models` models: each lists every `stride`th.
func makeFleet(_ driver: Driver, backends: Int, models: Int, stride: Int) -> FleetSnapshot {
  let kind = BackendKind(type: "fake", driver: driver)
  return FleetSnapshot(
    members: (0..<backends).map { number in
      let listed = Swift.stride(from: number % stride, to: models, by: stride)
      return FleetMember(
        backend: Backend(
          Settings.Backend(
            name: "backend-\(number)",
            endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: UInt16(1_000 + number))),
          kind: kind),
        state: .up, models: listed.map { Model(ModelReport(id: "model-\($0)")) })
    })
}

func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func measure(_ name: String, _ fleet: FleetSnapshot, _ settings: Settings.Routing) {
  let policy = RoutingPolicy(settings)
  let facts = (0..<64).map { RequestFacts(model: "model-\($0 * 8)", operation: .chat) }
  var best = UInt64.max
  var tried = 0
  for _ in 0..<20 {
    let start = nanoseconds()
    for round in 0..<16 {
      for fact in facts {
        if case .route(let attempts) = Router.plan(
          fact, fleet, policy, draw: UInt64(round))
        {
          tried += attempts.count
        }
      }
    }
    best = min(best, (nanoseconds() - start) / UInt64(16 * facts.count))
  }
  guard tried > 0 else { return print("\(name): no route") }
  print("\(best) ns  \(name)")
}

let driver = try Driver.fake()
let all = makeFleet(driver, backends: 100, models: 1_000, stride: 1)
let third = makeFleet(driver, backends: 3, models: 1_000, stride: 1)
let single = makeFleet(driver, backends: 1, models: 1_000, stride: 1)
var ruled = Settings.Routing()
ruled.aliases = ["gpt-*": "model-1", "claude": "model-2"]
ruled.fallbacks = ["model-1": ["model-2"]]
for pattern in ["gpt-4*", "claude-*", "*-7[0-9]", "model-*"] {
  var policy = Settings.Policy()
  policy.modelPattern = pattern
  policy.privacy = .restricted
  ruled.policies.append(policy)
}
measure("100 backends with 1,000 models each, smart", all, Settings.Routing())
for strategy in Settings.Strategy.allCases where strategy != .smart {
  var settings = Settings.Routing()
  settings.strategy = strategy
  measure("100 backends with 1,000 models each, \(strategy.rawValue)", all, settings)
}
measure("100 backends with 1,000 models each, aliases and four policies", all, ruled)
measure("3 backends with 1,000 models each, smart", third, Settings.Routing())
measure("1 backend with 1,000 models", single, Settings.Routing())
ConversationBench.run()
