import HTTP
import Net

/// How things stand, over the public address.
extension ClientSession {
  /// Answers with everything; with 304 if the client has that already.
  func tellLive() async throws(APIError) -> Bool {
    let input = connection.input
    let known = connection.request.value("if-none-match", in: input.span).map { input.text($0) }
    guard let snapshot = await worker.shared.live.snapshot() else {
      throw .refused(503, code: "not_ready", "The gateway has not begun yet.")
    }
    let report = snapshot.renderings.report(snapshot)
    return await tell(report.tag, known) { report.body }
  }

  /// Answers whether a request could be served.
  func tellReadiness() async -> Bool {
    let (isReady, body) = HealthReport.readiness(worker.shared, worker.fleet)
    let status = isReady ? 200 : 503
    record.answer(status: status)
    return await responder.send(status: status, body: body, keepAlive: keepsAlive) { out in
      out.append("cache-control: no-store\r\n")
    }
  }
}

extension AdminRoutes {
  /// How everything stands.
  static func live(_ shared: GatewayShared) -> [AdminRoute] {
    [
      AdminRoute(.get, "/live") { _ throws(AdminError) in
        guard let snapshot = await shared.live.snapshot() else {
          throw AdminError(503, "not_ready", "The gateway has not begun yet.")
        }
        return AdminAnswer(snapshot.renderings.report(snapshot).body)
      }
    ]
  }
}
