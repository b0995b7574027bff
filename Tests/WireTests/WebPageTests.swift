import Foundation
import Testing

/// The page at "/" and what belongs to it, through the front door.
@Suite struct WebPageTests {
  private func get(
    _ path: String, _ gateway: ConfiguredGateway, _ headers: String = "Accept: text/html\r\n"
  ) throws -> LoadClient.Answer {
    try LoadClient(port: gateway.gateway.port).using {
      try $0.exchange(Array("GET \(path) HTTP/1.1\r\nHost: gateway\r\n\(headers)\r\n".utf8))
    }
  }

  private func field(_ name: String, _ answer: LoadClient.Answer) -> String? {
    answer.head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name): ") }
      .map { String($0.dropFirst(name.count + 2)) }
  }

  private func chat(_ id: String, _ model: String, _ gateway: ConfiguredGateway) throws -> Int {
    let body = #"{"model":"\#(model)","messages":[{"role":"user","content":"Hello"}]}"#
    return try LoadClient(port: gateway.gateway.port).using {
      try $0.exchange(
        LoadClient.post("/v1/chat/completions", body, headers: "X-Request-Id: \(id)\r\n")
      ).status
    }
  }

  /// The page once it holds a text.
  private func page(
    _ gateway: ConfiguredGateway, _ path: String = "/", holding text: String
  ) throws -> String {
    var page = ""
    _ = try ProcessFigures.wait {
      page = try get(path, gateway).text
      return page.contains(text)
    }
    #expect(page.contains(text), "\(text)")
    return page
  }

  @Test func thePageIsWholeSmallAndLoadsNothingFromElsewhere() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    #expect(try chat("one", "m", gateway) == 200)
    let page = try page(gateway, holding: "/requests/one")
    let sections = [
      "clock", "summary", "budget", "fleet", "charts", "live", "jobs", "history", "models",
      "advice", "pick", "play",
    ]
    for name in sections { #expect(page.contains(#"id="\#(name)""#), "\(name)") }
    for fact in ["Box 0", "Box 2", "slow:1", "healthy", "200 success", "capability-match"] {
      #expect(page.contains(fact), "\(fact)")
    }
    #expect(page.contains(#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#))
    let outside = page.replacing("http://gateway/v1/chat/completions", with: "")
    #expect(!outside.contains("http://") && !outside.contains("https://"))
    let path = try #require(page.split(separator: "\"").first { $0.hasPrefix("/assets/app.") })
    let script = try get(String(path), gateway, "")
    #expect(script.status == 200 && script.body.count + page.utf8.count < 100_000)
    #expect(field("content-type", script) == "text/javascript; charset=utf-8")
    #expect(field("cache-control", script)?.contains("immutable") == true)
    #expect(!script.text.contains("https://"))
    #expect(try get("/assets/app.000000000000.js", gateway).status == 404)
    #expect(try get("/assets/", gateway).status == 404)
    let icon = try get("/favicon.ico", gateway, "")
    #expect(icon.status == 200 && field("content-type", icon) == "image/svg+xml")
    try gateway.finish()
  }

  @Test func programsAreToldPlainTextAndHeadersAreStrict() throws {
    let gateway = try ConfiguredGateway("[server]\nthreads = 1\n")
    let plain = try get("/", gateway, "Accept: */*\r\n")
    #expect(field("content-type", plain) == "text/plain; charset=utf-8")
    #expect(field("vary", plain) == "accept")
    let page = try get("/", gateway)
    #expect(page.status == 200 && page.text.contains("No backend yet."))
    let policy = field("content-security-policy", page) ?? ""
    for rule in [
      "default-src 'none'", "script-src 'self'", "style-src 'sha256-", "connect-src 'self'",
      "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ] {
      #expect(policy.contains(rule), "\(policy)")
    }
    #expect(!policy.contains("unsafe"))
    #expect(field("x-content-type-options", page) == "nosniff")
    #expect(field("referrer-policy", page) == "no-referrer")
    #expect(field("cache-control", page) == "no-cache")
    // The facts are the same though the clock goes on.
    let tag = try #require(field("etag", page))
    let again = try get("/", gateway, "Accept: text/html\r\nIf-None-Match: \(tag)\r\n")
    #expect(again.status == 304 && again.body.isEmpty && field("etag", again) == tag)
    #expect(try get("/", gateway, "Accept: text/html\r\nIf-None-Match: \"x\"\r\n").status == 200)
    try gateway.finish()
  }

  @Test func theHistoryIsFilteredWithoutAScript() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    #expect(try chat("good", "m", gateway) == 200)
    #expect(try chat("lost", "nobody", gateway) == 404)
    _ = try page(gateway, holding: "/requests/lost")
    let errors = try get("/?model=&backend=&status=error&utm_source=mail", gateway).text
    #expect(errors.contains("/requests/lost") && !errors.contains("/requests/good"))
    #expect(errors.contains(#"<option value="error" selected>"#))
    let box = try get("/?model=&backend=Box+0&status=", gateway).text
    #expect(box.contains("/requests/good") && !box.contains("/requests/lost"))
    #expect(box.contains(#"value="Box 0""#))
    let wrong = try get("/?status=odd", gateway)
    #expect(wrong.status == 400 && wrong.text.contains("it must be success or error"))
    try gateway.finish()
  }

  @Test func aRequestHasAPageThatSaysWhy() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    try simulator.fault(#"{"backend":"a","kind":"garbage","count":1}"#)
    #expect(try chat("elsewhere", "m", gateway) == 200)
    #expect(try chat("lost", "nobody", gateway) == 404)
    let page = try page(gateway, "/requests/elsewhere", holding: "200 success")
    for fact in ["Box 0", "Box 1", "failed: ", "answered", "first choice", "failover"] {
      #expect(page.contains(fact), "\(fact)")
    }
    #expect(page.contains(#"href="/v1/explain/elsewhere""#))
    let refused = try self.page(gateway, "/requests/lost", holding: "404 error")
    #expect(refused.contains("nobody"))
    let unknown = try get("/requests/%3Cscript%3E", gateway)
    #expect(unknown.status == 404 && unknown.text.contains("&lt;script&gt;"))
    #expect(!unknown.text.contains("<script>"))
    #expect(field("content-security-policy", unknown)?.contains("default-src 'none'") == true)
    try gateway.finish()
  }

  @Test func thereIsNoPageWhereItIsOff() throws {
    let gateway = try ConfiguredGateway("[dashboard]\nenabled = false\n")
    let answer = try get("/", gateway)
    #expect(field("content-type", answer) == "text/plain; charset=utf-8")
    for path in ["/requests/a", "/assets/app.js", "/favicon.ico"] {
      #expect(try get(path, gateway).status == 404)
    }
    try gateway.finish()
  }
}
