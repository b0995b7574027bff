import HTTP
import Net

/// What is asked again and again about the past, over the public address.
extension ClientSession {
  /// Answers with the statistics or the history; with 304 if the client has that already.
  func tellPast(_ resource: Resource) async throws(APIError) -> Bool {
    let input = connection.input
    let request = connection.request
    let known = request.value("if-none-match", in: input.span).map { input.text($0) }
    if resource == .stats {
      let stats = StatsReport(worker.shared, worker.view)
      return await tell(stats.tag, known) { stats.body }
    }
    let query = try HistoryQuery(QueryFields(input.span, request.target))
    let history = worker.shared.history
    let size = worker.rules.historySize
    let tag = HistoryReport.tag(history, size: size, query: input.text(request.target))
    var body: [UInt8] = []
    if !tag.isKnown(known) { body = try HistoryReport.json(history, size: size, query) }
    return await tell(tag, known) { body }
  }

  /// Answers with what a tag says the state of; with 304 if the client has that already.
  func tell(_ tag: EntityTag, _ known: String?, _ body: () -> [UInt8]) async -> Bool {
    let status = tag.isKnown(known) ? 304 : 200
    record.answer(status: status)
    return await responder.send(
      status: status, body: status == 200 ? body() : [], keepAlive: keepsAlive
    ) { out in
      HeadWriter.field("etag", Array(tag.text.utf8), in: out)
      out.append("cache-control: no-cache\r\n")
    }
  }
}
