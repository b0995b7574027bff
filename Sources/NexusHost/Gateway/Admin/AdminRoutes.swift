import Config
import Control
import Drivers
import Fleet
import Glibc
import HTTP
import Net
import Routing
import Telemetry
import Text

/// Everything that can be asked over the control socket (docs/CONTROL.md).
public enum AdminRoutes {
  /// The routes over the operations of `actions`, which run on `loop`. Further ones may be added to
  /// the list.
  public static func standard(
    _ actions: some AdminActions, _ shared: GatewayShared, on loop: EventLoop
  ) -> [AdminRoute] {
    information(actions, shared, loop) + advice(shared) + backends(actions, shared)
      + settings(actions)
      + lifecycle(actions, shared) + history(actions, shared) + live(shared)
  }

  private static func information(
    _ actions: some AdminActions, _ shared: GatewayShared, _ loop: EventLoop
  ) -> [AdminRoute] {
    [
      AdminRoute(.get, "/status") { _ in AdminAnswer(StatusReport.json(actions.status(), shared)) },
      AdminRoute(.get, "/health") { _ in
        AdminAnswer(HealthReport.json(shared, actions.view.fleet, withDetails: true))
      },
      AdminRoute(.get, "/metrics") { _ in
        let format = MetricText.Format.prometheus
        let page = await MetricsPage(shared, actions.view, loop).text(format)
        return AdminAnswer(type: format.contentType, page)
      },
      AdminRoute(.get, "/queue") { _ in
        AdminAnswer(QueueReport.json(shared.queue, actions.view.fleet))
      },
      AdminRoute(.get, "/models") { _ in
        AdminAnswer(ModelReports.json(actions.view.fleet, actions.view.rules))
      },
      AdminRoute(.post, "/explain") { request throws(AdminError) in
        do throws(APIError) {
          let facts = try ExplainRequest.read(
            request.body, actions.view, shared.affinity)
          return AdminAnswer(RouteReport.json(facts, actions.view, shared.ledger))
        } catch {
          throw .bad(error.message)
        }
      },
      AdminRoute(.get, "/explain/{request-id}") { request throws(AdminError) in
        let id = Array(request.parameters[0].utf8)
        guard let report = DecisionReport.json(id, in: shared.decisions) else {
          throw AdminError(404, "request_not_found", DecisionReport.unknown(id))
        }
        return AdminAnswer(report)
      },
    ]
  }

  private static func advice(_ shared: GatewayShared) -> [AdminRoute] {
    [
      AdminRoute(.get, "/advice") { _ in AdminAnswer(AdviceJSON.report(shared.advisor.report)) },
      AdminRoute(.get, "/advice/history") { _ in
        AdminAnswer(
          AdviceJSON.history(shared.advisor.history, at: MonotonicClock.unixSeconds()))
      },
    ]
  }

  private static func backends(
    _ actions: some AdminActions, _ shared: GatewayShared
  ) -> [AdminRoute] {
    [
      AdminRoute(.get, "/backends") { _ in
        let jobs = await shared.lifecycle.jobs()
        return AdminAnswer(BackendReport.list(actions.view.fleet, jobs))
      },
      AdminRoute(.post, "/backends") { request async throws(AdminError) in
        let member = try await actions.add(newBackend(request.body))
        return AdminAnswer(status: 201, BackendReport.json(member))
      },
      AdminRoute(.delete, "/backends/{name}") { request async throws(AdminError) in
        let backend = try named(request.parameters[0], in: actions.view.fleet)
        let returns = try await actions.remove(backend)
        return AdminAnswer(
          JSONText.object { text in
            text.member("removed", backend.name)
            text.member("returns_with_reload", returns)
          })
      },
      draining(actions, "/backends/{name}/drain", true),
      draining(actions, "/backends/{name}/undrain", false),
    ]
  }

  private static func draining(
    _ actions: some AdminActions, _ path: String, _ isDraining: Bool
  ) -> AdminRoute {
    AdminRoute(.post, path) { request async throws(AdminError) in
      let backend = try named(request.parameters[0], in: actions.view.fleet)
      return AdminAnswer(BackendReport.json(try await actions.setDraining(backend, isDraining)))
    }
  }

  private static func settings(_ actions: some AdminActions) -> [AdminRoute] {
    [
      AdminRoute(.post, "/reload") { _ async throws(AdminError) in
        AdminAnswer(StatusReport.json(try await actions.reload()))
      },
      AdminRoute(.get, "/plugins") { _ in AdminAnswer(actions.plugins()) },
      AdminRoute(.get, "/log-level") { _ in
        AdminAnswer(StatusReport.logLevels(actions.status().logLevels))
      },
      AdminRoute(.put, "/log-level") { request throws(AdminError) in
        try actions.setLogLevels(newLevels(request.body))
        return AdminAnswer(StatusReport.logLevels(actions.status().logLevels))
      },
      AdminRoute(.get, "/config") { _ in AdminAnswer(actions.configuration()) },
    ]
  }

  private static func newBackend(_ body: [UInt8]) throws(AdminError) -> Settings.Backend {
    do {
      return try BackendJSON.read(body)
    } catch {
      throw AdminError(error)
    }
  }

  private static func newLevels(_ body: [UInt8]) throws(AdminError) -> String {
    do {
      if let levels = try JSONMembers(body, known: ["levels"]).text("levels") { return levels }
    } catch {
      throw AdminError(error)
    }
    throw .bad("'levels' is missing; send {\"levels\":\"info,routing=debug\"}.")
  }

  /// The backend with that name, or else with that id.
  private static func named(
    _ name: String, in fleet: FleetSnapshot
  ) throws(AdminError) -> Backend {
    let backends = fleet.members.map(\.backend)
    if let found = backends.first(where: { $0.name == name }) { return found }
    if let found = backends.first(where: { $0.id == name }) { return found }
    let hint = Suggestion.hint(for: name, among: backends.map(\.name))
    let known = backends.isEmpty ? "There is none." : "Known are \(list(backends.map(\.name)))."
    throw AdminError(
      404, "backend_not_found", "There is no backend '\(name.prefix(200))'.\(hint) \(known)")
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(20).joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }
}
