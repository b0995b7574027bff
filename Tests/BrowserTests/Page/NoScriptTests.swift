import Foundation
import Testing

extension BrowserTests {
  /// The page where scripts are off.
  @Suite struct NoScriptTests {
    @Test func refreshesItself() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.disableScripts()
        try await tab.open(shown.address)
        #expect(try await tab.count("#history tbody tr") == 0)
        let start = tab.events.count
        try shown.chat("llama3.2:3b")
        try await tab.waitForLoad(from: start, within: 8)
        #expect(try await tab.count("#history tbody tr") == 1)
      }
    }

    @Test func filtersByForm() async throws {
      try await BrowserTests.onPage { shown, tab in
        try shown.chat("llama3.2:3b")
        try shown.chat("qwen2.5-7b-instruct")
        try await tab.disableScripts()
        try await tab.open(shown.address)
        try await tab.focus("#filter [name=backend]")
        try await tab.type("laptop")
        let start = tab.events.count
        try await tab.press(.enter)
        try await tab.waitForLoad(from: start)
        #expect(try await tab.count("#history tbody tr") == 1)
        #expect(try await tab.text("#history").contains("llama3.2:3b"))
        #expect(
          try await tab.evaluate("document.querySelector('#filter [name=backend]').value")
            == "laptop")
      }
    }

    @Test func shownNothingThatNeedsOne() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.disableScripts()
        try await tab.open(shown.address)
        let dead = try await tab.evaluate(
          """
          [...document.querySelectorAll('#play, #send, #stop, #theme, #find, #conn')]
            .filter((e) => e.checkVisibility()).map((e) => e.id)
          """)
        #expect(dead == [])
        #expect(try await tab.text().contains("every 5 seconds"))
        // Every link leads somewhere.
        let links = try await tab.evaluate("[...new Set([...document.links].map((a) => a.href))]")
        for link in links.strings where link.hasPrefix(shown.address) {
          let path = URL(string: link)?.path ?? ""
          let client = try LoadClient(port: shown.port)
          defer { client.close() }
          let answer = try client.exchange(LoadClient.get(path.isEmpty ? "/" : path))
          #expect(answer.status == 200, "\(link)")
        }
      }
    }
  }
}
