import HTTP

extension AdminRoutes {
  /// What has become of requests.
  static func history(_ actions: some AdminActions, _ shared: GatewayShared) -> [AdminRoute] {
    [
      AdminRoute(.get, "/stats") { _ in AdminAnswer(StatsReport(shared, actions.view).body) },
      AdminRoute(.get, "/history") { request throws(AdminError) in
        do throws(APIError) {
          let query = try HistoryQuery(request.query)
          let size = actions.view.rules.historySize
          return AdminAnswer(try HistoryReport.json(shared.history, size: size, query))
        } catch {
          throw AdminError(error)
        }
      },
    ]
  }
}
