import Foundation
import Testing

extension BrowserTests {
  /// The means of the other tests, tried on pages that are known.
  @Suite struct HarnessTests {
    static func page(_ body: String) -> String {
      let text = "<!doctype html><html lang=en><title>Page</title><body>\(body)</body></html>"
      return "data:text/html;base64,\(Data(text.utf8).base64EncodedString())"
    }

    @Test func opensAPageAndReadsIt() async throws {
      try await BrowserTests.inTab { tab in
        try await tab.open(Self.page("<h1>Hello</h1><p hidden>secret</p>"))
        #expect(try await tab.text() == "Hello")
        #expect(
          try await tab.evaluate("Promise.resolve([1, true, 'two', null])") == [
            1, true, "two", .null,
          ])
        #expect(tab.problems == [])
      }
    }

    @Test func waitsForAChange() async throws {
      try await BrowserTests.inTab { tab in
        try await tab.open(
          Self.page(
            "<p>no<script>const p = document.querySelector('p');"
              + "setTimeout(() => p.textContent = 'yes', 50)</script>"
          ))
        try await tab.wait(for: "yes", "document.querySelector('p').textContent === 'yes'")
        await #expect(throws: CaseFailure.self) {
          try await tab.wait(for: "never", "document.querySelector('b')", within: 0.1)
        }
      }
    }

    @Test func clicksTypesAndPresses() async throws {
      try await BrowserTests.inTab { tab in
        try await tab.open(
          Self.page(
            "<form onsubmit='event.preventDefault(); document.body.dataset.sent = this.q.value'>"
              + "<input name=q aria-label=Word><button>Go</button></form>"))
        try await tab.click("input")
        try await tab.type("word")
        try await tab.press(.enter)
        try await tab.wait(for: "the form", "document.body.dataset.sent === 'word'")
        try await tab.press(.tab)
        #expect(try await tab.evaluate("document.activeElement.tagName") == "BUTTON")
      }
    }

    @Test func noticesProblems() async throws {
      try await BrowserTests.inTab { tab in
        try await tab.open(
          Self.page(
            "<script>console.error('bad'); setTimeout(() => { throw Error('worse') })</script>"))
        _ = try await tab.events.first("the exception", from: 0, within: 5) {
          $0.method == "Runtime.exceptionThrown"
        }
        #expect(tab.problems.count == 2, "\(tab.problems)")
      }
    }

    @Test func readsWithoutScripts() async throws {
      try await BrowserTests.inTab { tab in
        try await tab.disableScripts()
        try await tab.open(
          Self.page(
            "<p>still<noscript> here</noscript><script>document.body.textContent = ''</script>"))
        #expect(try await tab.text() == "still here")
      }
    }

    @Test func survivesAReloadWhileItWaits() async throws {
      try await BrowserTests.inTab { tab in
        try await tab.open(Self.page("<p>first"))
        async let isReloaded = tab.wait(
          for: "a reload", "performance.getEntriesByType('navigation')[0].type === 'reload'")
        try await tab.reload()
        #expect(try await isReloaded == true)
      }
    }
  }
}
