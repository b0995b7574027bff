import Config
import Drivers
import Fleet
import LatencyModels
import Routing

/// A node to try, in the order of trying.
struct Choice {
  let node: Int
  /// Of the gateway's own strategies.
  var attempt: Attempt?
}

/// A rule that says where requests go. It sees what the gateway sees; only the oracle sees more.
protocol Placer: AnyObject {
  var name: String { get }
  /// The nodes to try, best first.
  func choices(for call: Call, _ run: Run) -> [Choice]
  /// A request was answered so many milliseconds after it was sent.
  func answered(_ call: Call, by node: Int, after milliseconds: Double, now: Double)
  /// A request failed there.
  func failed(_ node: Int, now: Double)
}

extension Placer {
  func answered(_ call: Call, by node: Int, after milliseconds: Double, now: Double) {}
  func failed(_ node: Int, now: Double) {}
}

/// The gateway's own strategies.
final class RouterPlacer: Placer {
  let name: String
  private let policy: RoutingPolicy
  private let usesAffinity: Bool

  init(_ strategy: Settings.Strategy) {
    name = strategy.rawValue
    var settings = Settings.Routing()
    settings.strategy = strategy
    usesAffinity = strategy == .smart
    policy = RoutingPolicy(settings, quality: Settings.Quality())
  }

  func choices(for call: Call, _ run: Run) -> [Choice] {
    let facts = facts(call, run)
    let plan = Router.plan(
      facts, run.desk.fleet, policy, loads: LiveLoads(at: UInt64(run.now)), draw: call.draw)
    guard case .route(let attempts) = plan else { return [] }
    return attempts.map { Choice(node: run.desk.node(of: $0), attempt: $0) }
  }

  private func facts(_ call: Call, _ run: Run) -> RequestFacts {
    call.facts(warm: usesAffinity ? run.desk.warmPlaces(call, now: run.now) : WarmPlaces())
  }

  func explain(_ call: Call, _ run: Run) -> RouteExplanation {
    Router.explain(
      facts(call, run), run.desk.fleet, policy, loads: LiveLoads(at: UInt64(run.now)),
      draw: call.draw)
  }
}

/// Fewest requests under way; of equals the one that was used longest ago.
final class LeastConnections: Placer {
  let name = "least-connections"

  func choices(for call: Call, _ run: Run) -> [Choice] {
    Self.order(run.desk.eligible(call.model), run).map { Choice(node: $0) }
  }

  static func order(_ nodes: [Int], _ run: Run) -> [Int] {
    nodes.sorted {
      let (a, b) = (run.desk.backend($0).load, run.desk.backend($1).load)
      return (a.inFlight, a.lastUsed, $0) < (b.inFlight, b.lastUsed, $1)
    }
  }
}

/// The better of two taken at random, by a decaying average of the time to the first token, that
/// rises at once, times the requests under way (peak EWMA, as Finagle and Linkerd have it).
final class PowerOfTwoChoices: Placer {
  let name = "p2c-ewma"
  private var costs: [Double]
  private var stamps: [Double]
  /// Milliseconds after which a sample counts about a third.
  private static let decay = 10_000.0

  init(nodes: Int) {
    costs = Array(repeating: 0, count: nodes)
    stamps = Array(repeating: 0, count: nodes)
  }

  func choices(for call: Call, _ run: Run) -> [Choice] {
    var random = Random(seed: call.draw)
    var nodes = run.desk.eligible(call.model)
    for place in nodes.indices.dropLast() {
      nodes.swapAt(place, place + random.below(nodes.count - place))
    }
    if nodes.count > 1, load(nodes[1], run) < load(nodes[0], run) { nodes.swapAt(0, 1) }
    return nodes.map { Choice(node: $0) }
  }

  private func load(_ node: Int, _ run: Run) -> Double {
    costs[node] * Double(run.desk.backend(node).load.inFlight + 1)
  }

  func answered(_ call: Call, by node: Int, after milliseconds: Double, now: Double) {
    if milliseconds > costs[node] {
      costs[node] = milliseconds
    } else {
      let kept = expDecay((now - stamps[node]) / Self.decay)
      costs[node] = costs[node] * kept + milliseconds * (1 - kept)
    }
    stamps[node] = now
  }

  func failed(_ node: Int, now: Double) {
    costs[node] = max(costs[node], 5_000)
    stamps[node] = now
  }
}

/// Every conversation stays where it began, which is where the fewest requests were.
final class SessionSticky: Placer {
  let name = "session-sticky"
  private var homes: [Int: Int] = [:]

  func choices(for call: Call, _ run: Run) -> [Choice] {
    var order = LeastConnections.order(run.desk.eligible(call.model), run)
    if let home = homes[call.conversation], let place = order.firstIndex(of: home) {
      order.insert(order.remove(at: place), at: 0)
    }
    homes[call.conversation] = order.first
    return order.map { Choice(node: $0) }
  }
}
