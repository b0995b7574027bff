import Foundation
import Testing

extension BrowserTests {
  /// Finding the one request.
  @Suite struct HistoryPageTests {
    @Test func filters() async throws {
      try await BrowserTests.onPage { shown, tab in
        try fill(shown)
        try await tab.openLive(shown)
        #expect(try await visibleRows(tab) == 5)
        try await tab.focus("#filter [name=model]")
        try await tab.type("llama")
        try await tab.press(.enter)
        try await tab.wait(for: "two rows", Self.rows(2))
        // It still holds when something new comes.
        try shown.chat("llama3.2:3b")
        try await tab.wait(for: "three rows", Self.rows(3))
        try shown.chat("qwen2.5-7b-instruct")
        try await tab.evaluate("document.querySelector('#filter [name=model]').select()")
        try await tab.press(.init(name: "Backspace", code: "Backspace", number: 8))
        try await tab.press(.enter)
        try await tab.wait(for: "all rows", Self.rows(7))
        try await tab.evaluate(
          """
          (() => {
            const field = document.querySelector('#filter [name=status]');
            field.value = 'error';
            for (const type of ['input', 'change'])
              field.dispatchEvent(new Event(type, { bubbles: true }));
            if (document.querySelector('#filter button').checkVisibility())
              document.querySelector('#filter button').click();
          })()
          """)
        try await tab.wait(for: "the error", Self.rows(1))
        #expect(tab.problems == [])
      }
    }

    @Test func opensARequestAndExplainsIt() async throws {
      try await BrowserTests.onPage { shown, tab in
        try fill(shown)
        try await tab.openLive(shown)
        try await tab.click("#history tbody tr:last-child a.rq")
        try await tab.wait(for: "the dialog", "document.querySelector('dialog[open]')")
        try await tab.wait(
          for: "the explanation",
          "/Why it went there/.test(document.querySelector('dialog').innerText)")
        let text = try await tab.text("dialog")
        for word in ["laptop", "workstation", "server", "first choice"] {
          #expect(text.contains(word), "no \(word) in:\n\(text)")
        }
        try await tab.press(.escape)
        try await tab.wait(for: "its end", "!document.querySelector('dialog[open]')")
        #expect(try await tab.evaluate("document.activeElement.matches('#history a.rq')") == true)
        #expect(tab.problems == [])
      }
    }

    @Test func tellsOfARequestOnAPageOfItsOwn() async throws {
      try await BrowserTests.onPage { shown, tab in
        try shown.chat("llama3.2:3b")
        try await tab.disableScripts()
        try await tab.open(shown.address)
        let start = tab.events.count
        try await tab.click("#history a.rq")
        try await tab.waitForLoad(from: start)
        #expect(try await tab.evaluate("location.pathname").string?.hasPrefix("/requests/") == true)
        #expect(try await tab.text().contains("first choice"))
      }
    }

    /// Two for the laptop, one for each of the others, and one that no one serves.
    private func fill(_ shown: ShownGateway) throws {
      for model in [
        "llama3.2:3b", "llama3.2:3b", "qwen2.5-7b-instruct", "Qwen/Qwen2.5-32B-Instruct",
      ] {
        try shown.chat(model)
      }
      try shown.chat("no-such-model")
    }

    private static func rows(_ count: Int) -> String {
      """
      [...document.querySelectorAll('#history tbody tr')]
        .filter((row) => row.checkVisibility()).length === \(count)
      """
    }

    private func visibleRows(_ tab: Tab) async throws -> Int {
      Int(
        try await tab.evaluate(
          """
          [...document.querySelectorAll('#history tbody tr')]
            .filter((row) => row.checkVisibility()).length
          """
        ).number ?? -1)
    }
  }
}
