import Foundation
import Testing

extension BrowserTests {
  /// How the page hears what happens, and says so.
  @Suite struct ConnectionTests {
    /// Has the page do what it does every few seconds ten times as often.
    private static let hurry = """
      for (const name of ['setInterval', 'setTimeout']) {
        const start = window[name];
        window[name] = (work, after, ...rest) => start(work, after / 10, ...rest);
      }
      """

    @Test func comesBackAfterARestartOfTheGateway() async throws {
      try await BrowserTests.onPage { shown, tab in
        try shown.chat("llama3.2:3b")
        try await tab.beforeEveryPage(Self.hurry)
        try await tab.openLive(shown)
        #expect(try await tab.count("#history tbody tr") == 1)
        shown.stopGateway()
        try await tab.wait(
          for: "the loss to be said",
          "!document.querySelector('#conn').textContent.includes('Live')")
        // What is shown stays, marked as old.
        #expect(try await tab.count("#fleet .card") == 3)
        try shown.startGatewayAgain()
        try await tab.waitForConnection("Live", within: 20)
        // The new process has no history: what is shown is its own.
        try await tab.wait(for: "fresh facts", "!document.querySelector('#history tbody tr')")
        try shown.chat("llama3.2:3b")
        try await tab.wait(
          for: "a new request", "document.querySelectorAll('#history tbody tr').length === 1")
        #expect(tab.requests.filter { $0.type == "Document" }.count == 1)
      }
    }

    @Test func asksAgainAndAgainWhereNoWebSocketIs() async throws {
      try await BrowserTests.onPage(settings: "[dashboard]\nmax_viewers = 0", interval: 60) {
        shown, tab in
        try await tab.beforeEveryPage(Self.hurry)
        try await tab.open(shown.address)
        try await tab.waitForConnection("Polling")
        // What has not changed is not sent again.
        _ = try await tab.events.first("an unchanged page", from: 0, within: 10) {
          $0.method == "Network.responseReceived" && $0.params["response"]["status"] == 304
        }
        try shown.chat("llama3.2:3b")
        try await tab.wait(for: "the request", "document.querySelector('#history tbody tr')")
      }
    }

    @Test func asksAgainAndAgainWithoutTheWordWebSocket() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.beforeEveryPage("\(Self.hurry) delete window.WebSocket;")
        try await tab.open(shown.address)
        try await tab.waitForConnection("Polling")
        try shown.chat("llama3.2:3b")
        try await tab.wait(for: "the request", "document.querySelector('#history tbody tr')")
        #expect(tab.problems == [])
      }
    }
  }
}
