import Foundation
import Testing

extension BrowserTests {
  /// A chat from the page through the gateway itself.
  @Suite struct PlaygroundTests {
    static let slow = "llamacpp:0,name=slow,model=slow-model,ttft=10,tps=20"

    @Test func streamsAnAnswerAndTellsWhereItCameFromAndWhy() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.openLive(shown)
        try await choose("qwen2.5-7b-instruct", tab)
        try await say("Write 40 words about lighthouses", tab)
        try await tab.click("#send")
        // It grows: the first words are there before the last.
        try await tab.wait(
          for: "the answer to begin",
          "document.querySelector('#answer').innerText.includes('You said')")
        try await tab.wait(
          for: "the end", "!document.querySelector('#send').disabled", within: 15)
        let facts = try await tab.text("#facts")
        #expect(facts.contains("workstation"), "\(facts)")
        let answer = try await tab.text("#answer")
        #expect(answer.split(separator: " ").count > 30, "\(answer)")
        // Why it went there is one link away.
        let link = try await tab.evaluate(
          "document.querySelector('.answer a[href*=\"/requests/\"]')?.href ?? ''"
        ).string
        #expect(link?.contains("/requests/") == true)
        #expect(tab.problems == [])
      }
    }

    @Test func stops() async throws {
      try await BrowserTests.onPage([Self.slow]) { shown, tab in
        try await tab.openLive(shown)
        try await choose("slow-model", tab)
        try await say("Write 500 words", tab)
        try await tab.click("#send")
        try await tab.wait(
          for: "some words", "document.querySelector('#answer').innerText.length > 20")
        try await tab.click("#stop")
        try await tab.wait(for: "an end", "!document.querySelector('#send').disabled")
        let text = try await tab.text("#answer")
        #expect(text.contains("You said"))
        let isNoticed = try ProcessFigures.wait {
          try shown.simulator.count("client_gone", of: "slow") == 1
        }
        #expect(isNoticed)
      }
    }

    @Test func showsAnErrorThatOneCanRead() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.openLive(shown)
        try shown.simulator.fault(#"{"backend":"workstation","kind":"status","status":500}"#)
        try await choose("qwen2.5-7b-instruct", tab)
        try await tab.click("#send")
        try await tab.wait(
          for: "the error",
          "/error|fail|5\\d\\d/i.test(document.querySelector('#told').innerText)", within: 15)
        #expect(try await !tab.text(".play").contains("{\""))
        #expect(try await tab.evaluate("document.querySelector('#send').disabled") == false)
      }
    }

    @Test func sendsByKeyboard() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.openLive(shown)
        try await choose("llama3.2:3b", tab)
        try await say("Hello", tab)
        try await tab.press(.enter, control: true)
        try await tab.wait(
          for: "the answer", "document.querySelector('#answer').innerText.includes('You said')")
      }
    }

    private func choose(_ model: String, _ tab: Tab) async throws {
      try await tab.evaluate(
        """
        (() => {
          const field = document.querySelector('#play [name=model]');
          field.value = \(Tab.literal(model));
          field.dispatchEvent(new Event('change', { bubbles: true }));
        })()
        """)
    }

    private func say(_ prompt: String, _ tab: Tab) async throws {
      try await tab.evaluate("document.querySelector('#play textarea').select()")
      try await tab.focus("#play textarea")
      try await tab.type(prompt)
    }
  }
}
