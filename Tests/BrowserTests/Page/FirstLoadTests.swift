import Foundation
import Testing

extension BrowserTests {
  @Suite struct FirstLoadTests {
    @Test func comesInOnePieceFromTheGatewayAlone() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.openLive(shown)
        let requests = tab.requests.filter { !$0.address.contains("/favicon.ico") }
        #expect(requests.first?.type == "Document")
        #expect(requests.map(\.type) == ["Document", "Script", "WebSocket"], "\(requests)")
        for request in tab.requests {
          let host = request.address.split(separator: "/").dropFirst().first ?? ""
          #expect(host == "127.0.0.1:\(shown.port)", "\(request)")
        }
        #expect(tab.problems == [])
      }
    }

    @Test func showsAllFactsBeforeAnyScriptRuns() async throws {
      try await BrowserTests.onPage { shown, tab in
        try shown.chat("llama3.2:3b")
        try await tab.disableScripts()
        try await tab.open(shown.address)
        let text = try await tab.text()
        for fact in ["laptop", "workstation", "server", "llama3.2:3b", "Qwen/Qwen2.5-32B-Instruct"]
        {
          #expect(text.contains(fact), "no \(fact) in:\n\(text)")
        }
        let rows = try await tab.count("#history tbody tr")
        #expect(rows == 1)
      }
    }

    @Test func isSmall() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.openLive(shown)
        let sizes = try await tab.evaluate(
          """
          Promise.all(['/', ...[...document.scripts].map((s) => s.src)].map((url) =>
            fetch(url, { headers: { accept: 'text/html' } }).then((r) => r.arrayBuffer())
              .then((b) => b.byteLength)))
          """)
        let bytes = sizes.array.compactMap(\.number).reduce(0, +)
        #expect(sizes.array.count >= 2)
        #expect(bytes < 100_000, "\(sizes.text)")
      }
    }

    @Test func isPolicedStrictly() async throws {
      try await BrowserTests.onPage { shown, tab in
        let start = tab.events.count
        try await tab.open(shown.address)
        let answer = try await tab.events.first("the page", from: start, within: 5) {
          $0.method == "Network.responseReceived" && $0.params["type"] == "Document"
        }
        let policy = answer.params["response"]["headers"]["content-security-policy"].string ?? ""
        #expect(policy.contains("default-src 'none'") || policy.contains("default-src 'self'"))
        #expect(policy.contains("frame-ancestors"))
        #expect(!policy.contains("unsafe"), "\(policy)")
        // It is obeyed: markup that came in anyhow runs nothing.
        try await tab.evaluate(
          """
          document.body.insertAdjacentHTML('beforeend',
            '<img src=x onerror="window.pwned = 1"><svg onload="window.pwned = 2"></svg>');
          document.body.append(Object.assign(document.createElement('script'),
            { textContent: 'window.pwned = 3' }));
          """)
        #expect(try await tab.evaluate("window.pwned ?? 'nothing'") == "nothing")
      }
    }
  }
}
