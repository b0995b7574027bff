import Control
import HTTP

extension AdminRoutes {
  /// Orders about models' places in memory, and how jobs stand.
  static func lifecycle(
    _ actions: some AdminActions, _ shared: GatewayShared
  ) -> [AdminRoute] {
    [
      order("/models/load", actions, shared, LifecycleOrder.load),
      order("/models/unload", actions, shared) { body throws(LifecycleFault) in
        try LifecycleOrder.unload(body)
      },
      order("/models/migrate", actions, shared, LifecycleOrder.migrate),
      AdminRoute(.get, "/jobs") { _ in
        AdminAnswer(JobReport.list(await shared.lifecycle.jobs(), actions.view.fleet))
      },
      AdminRoute(.get, "/jobs/{id}") { request async throws(AdminError) in
        guard let job = await shared.lifecycle.job(request.parameters[0]) else {
          throw AdminError(LifecycleFault(.jobUnknown(request.parameters[0])))
        }
        return AdminAnswer(JobReport.json(job, actions.view.fleet))
      },
      AdminRoute(.delete, "/jobs/{id}") { request async throws(AdminError) in
        do throws(LifecycleError) {
          let job = try await shared.lifecycle.cancel(request.parameters[0])
          return AdminAnswer(JobReport.json(job, actions.view.fleet))
        } catch {
          throw AdminError(LifecycleFault(error))
        }
      },
    ]
  }

  private static func order(
    _ path: String, _ actions: some AdminActions, _ shared: GatewayShared,
    _ read: @escaping @Sendable ([UInt8]) throws(LifecycleFault) -> LifecycleOrder
  ) -> AdminRoute {
    AdminRoute(.post, path) { request async throws(AdminError) in
      let fleet = actions.view.fleet
      do throws(LifecycleFault) {
        let job = try await read(request.body).carryOut(by: shared.lifecycle, fleet)
        return AdminAnswer(
          status: job.state == .completed ? 200 : 202, JobReport.json(job, fleet))
      } catch {
        throw AdminError(error)
      }
    }
  }
}
