import HTTP
import Net
import Text

/// The pages for people, and the files that belong to them.
extension ClientSession {
  /// Whether the client at "/" is somebody's browser.
  var wantsPage: Bool {
    guard worker.rules.dashboard.isOn else { return false }
    let input = connection.input
    let accept = connection.request.value("accept", in: input.span)
    return accept.map { AcceptField.prefersHTML(input.text($0)) } ?? false
  }

  func show(_ resource: Resource) async throws(APIError) -> Bool {
    guard worker.rules.dashboard.isOn else {
      throw .refused(404, code: "not_found", "There is nothing here: the dashboard is off.")
    }
    return switch resource {
    case .asset(let name): try await sendScript(name)
    case .icon: await sendIcon()
    case .requestPage(let id): await showRequest(id)
    default: try await showDashboard()
    }
  }

  private func showDashboard() async throws(APIError) -> Bool {
    guard let snapshot = await worker.shared.live.snapshot() else {
      throw .refused(503, code: "starting", "The gateway is starting.")
    }
    let input = connection.input
    let request = connection.request
    let filter = filter(QueryFields(input.span, request.target, isForm: true), snapshot)
    let host = request.value("host", in: input.span).map { input.text($0) } ?? "127.0.0.1:8000"
    let (page, tag) = PageRenderer.page(snapshot, filter: filter, host: host.cut(to: 255))
    let known = request.value("if-none-match", in: input.span).map { input.text($0) }
    if filter.error == nil, tag.isKnown(known) { return await send(page: [], 304, tag) }
    return await send(page: page, filter.error == nil ? 200 : 400, tag)
  }

  /// The query of a form, whose fields are all there, and empty where nothing was put in. What others
  /// add to links in passing is none of it.
  private func filter(_ fields: QueryFields, _ snapshot: LiveSnapshot) -> PageRenderer.Filter {
    let fields = fields.filled(HistoryQuery.names)
    var filter = PageRenderer.Filter(
      model: fields["model"] ?? "", backend: fields["backend"] ?? "",
      status: fields["status"] ?? "", entries: snapshot.history)
    guard !fields.names.isEmpty else { return filter }
    do throws(APIError) {
      filter.entries = try HistoryReport.entries(
        worker.shared.history, size: worker.rules.historySize, HistoryQuery(fields)
      ).reversed()
    } catch {
      filter.error = error.message
    }
    return filter
  }

  private func showRequest(_ id: [UInt8]) async -> Bool {
    let page = RequestPage.html(id, worker.shared, historySize: worker.rules.historySize)
    guard let page else { return await send(page: RequestPage.unknown(id), 404, nil) }
    return await send(page: page, 200, nil)
  }

  private func sendScript(_ name: [UInt8]) async throws(APIError) -> Bool {
    let path = "/assets/\(String(decoding: name, as: UTF8.self))"
    guard path == PageAssets.scriptPath else {
      throw .refused(404, code: "not_found", "There is nothing at \(path.cut(to: 200)).")
    }
    record.answer(status: 200)
    return await responder.send(
      status: 200, type: "text/javascript; charset=utf-8", body: PageAssets.script,
      keepAlive: keepsAlive
    ) { out in
      out.append("cache-control: public, max-age=31536000, immutable\r\n")
      out.append("x-content-type-options: nosniff\r\n")
    }
  }

  private func sendIcon() async -> Bool {
    record.answer(status: 200)
    return await responder.send(
      status: 200, type: "image/svg+xml", body: PageAssets.icon, keepAlive: keepsAlive
    ) { out in
      out.append("cache-control: public, max-age=86400\r\n")
      out.append("content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\n")
      out.append("x-content-type-options: nosniff\r\n")
    }
  }

  private func send(page: [UInt8], _ status: Int, _ tag: EntityTag?) async -> Bool {
    record.answer(status: status)
    return await responder.send(
      status: status, type: "text/html; charset=utf-8", body: page, keepAlive: keepsAlive
    ) { out in
      if let tag { HeadWriter.field("etag", Array(tag.text.utf8), in: out) }
      out.append("cache-control: no-cache\r\nvary: accept\r\n")
      HeadWriter.field("content-security-policy", PageAssets.policy, in: out)
      out.append("x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n")
    }
  }
}
