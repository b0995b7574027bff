import Foundation
import Testing

extension BrowserTests {
  /// The page shows what happens without being loaded again.
  @Suite struct LiveUpdateTests {
    static let slow = "llamacpp:0,name=slow,model=slow-model,ttft=10,tps=25"

    @Test func showsARequestWhileItStreamsAndThenInTheHistory() async throws {
      try await BrowserTests.onPage([Self.slow]) { shown, tab in
        try await tab.openLive(shown)
        let client = try shown.ask("slow-model", words: 60)
        defer { client.close() }
        try await tab.wait(
          for: "the request to stream",
          """
          [...document.querySelectorAll('#live tbody tr')].some((row) =>
            row.innerText.includes('slow-model')
              && /streaming at [\\d.]+ tokens\\/s/.test(row.innerText))
          """)
        try await tab.wait(
          for: "it to be history",
          """
          document.querySelector('#history tbody tr')?.innerText.includes('slow-model')
            && !document.querySelector('#live tbody tr')
          """)
        #expect(tab.requests.filter { $0.type == "Document" }.count == 1)
        #expect(tab.problems == [])
      }
    }

    @Test func saysInWordsThatABackendIsDownAndUpAgain() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.openLive(shown)
        let card = """
          [...document.querySelectorAll('#fleet .card')]
            .find((card) => card.querySelector('h3').innerText.includes('workstation'))
          """
        try await tab.wait(for: "health", "/healthy/i.test(\(card).querySelector('.st').innerText)")
        try shown.simulator.fault(#"{"backend":"workstation","kind":"die"}"#)
        try await tab.wait(
          for: "the failure", "/unhealthy/i.test(\(card).querySelector('.st').innerText)")
        try await tab.wait(
          for: "the sum", "document.querySelector('#summary').innerText.includes('2 / 3')")
        try shown.simulator.clear()
        try await tab.wait(
          for: "health", "/^healthy/i.test(\(card).querySelector('.st').innerText.trim())")
      }
    }

    @Test func showsABackendThatComesAndForgetsOneThatGoes() async throws {
      try await BrowserTests.onPage { shown, tab in
        let known = shown.simulator.backends.map { (name: $0.name, url: $0.url) }
        try shown.reload(Array(known.dropLast()))
        try await tab.openLive(shown)
        try await tab.wait(for: "two", "document.querySelectorAll('#fleet .card').length === 2")
        try shown.reload(known)
        try await tab.wait(for: "three", "document.querySelectorAll('#fleet .card').length === 3")
        try await tab.wait(
          for: "its models", "document.querySelector('#models').innerText.includes('Qwen2.5-32B')")
        try shown.reload([known[2]])
        try await tab.wait(
          for: "one",
          """
          document.querySelectorAll('#fleet .card').length === 1
            && document.querySelector('#fleet h3').innerText === 'server'
          """)
      }
    }

    @Test func keepsFocusAndWhatIsOpen() async throws {
      try await BrowserTests.onPage { shown, tab in
        try shown.chat("llama3.2:3b")
        try await tab.openLive(shown)
        // Marks of our own tell whether the elements are still the same.
        try await tab.evaluate(
          """
          for (const details of document.querySelectorAll('main details')) details.open = true;
          window.opened = document.querySelectorAll('main details[open]').length;
          window.link = document.querySelector('#history a.rq');
          link.focus();
          window.card = document.querySelector('#fleet .card');
          getSelection().selectAllChildren(card.querySelector('h3'));
          link.focus();
          """)
        for number in 2...4 {
          try shown.chat("qwen2.5-7b-instruct")
          try await tab.wait(
            for: "request \(number)",
            "document.querySelectorAll('#history tbody tr').length === \(number)")
        }
        #expect(
          try await tab.evaluate("document.activeElement === link && link.isConnected") == true)
        #expect(try await tab.evaluate("card.isConnected") == true)
        #expect(
          try await tab.evaluate(
            "document.querySelectorAll('main details[open]').length === opened")
            == true)
      }
    }

    @Test func doesNotJump() async throws {
      try await BrowserTests.onPage([Self.slow] + ShownGateway.household) { shown, tab in
        for _ in 0..<3 { try shown.chat("llama3.2:3b") }
        try await tab.openLive(shown)
        // Where most changes.
        try await tab.evaluate("document.querySelector('#h-live').scrollIntoView()")
        try await tab.evaluate(
          """
          window.shift = 0;
          window.shifted = [];
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              if (entry.hadRecentInput) continue;
              shift += entry.value;
              for (const { node } of entry.sources) shifted.push(node?.outerHTML?.slice(0, 120));
            }
          }).observe({ type: 'layout-shift', buffered: false });
          """)
        let client = try shown.ask("slow-model", words: 60)
        defer { client.close() }
        try await tab.wait(
          for: "a live request",
          "document.querySelector('#live tbody tr')?.innerText.includes('stream')")
        try await tab.wait(
          for: "its end",
          "document.querySelector('#history tbody tr')?.innerText.includes('slow-model')")
        try await tab.evaluate(
          "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
        let shift = try await tab.evaluate("shift").number ?? 1
        let what = try await tab.evaluate("shifted").text
        #expect(shift < 0.1, "\(what)")
      }
    }
  }
}
