import Foundation
import Testing

extension BrowserTests {
  /// What can be judged of the looks by numbers: contrast, names, order, sizes.
  @Suite struct LookTests {
    static let widths = [320, 360, 768, 1440]

    @Test(arguments: ColorScheme.allCases)
    func holdsItsOwnInEveryWidth(_ scheme: ColorScheme) async throws {
      let shown = try ShownGateway(
        ShownGateway.household + ["llamacpp:0,name=slow,model=slow-model,ttft=10,tps=20"],
        settings: "[fleet]\nintelligence_enabled = true\n[routing.budget]\nmonthly_limit_usd = 20")
      defer { shown.stop() }
      for model in ["llama3.2:3b", "qwen2.5-7b-instruct", "no-such-model"] { try shown.chat(model) }
      try shown.simulator.fault(#"{"backend":"server","kind":"die"}"#)
      try shown.waitForHealthy(3)
      let running = try shown.ask("slow-model", words: 500)
      defer { running.close() }
      try await BrowserTests.inTab { tab in
        try await tab.prefer(scheme)
        try await tab.openLive(shown)
        try await tab.wait(for: "the request", "document.querySelector('#live tbody tr')")
        try await judge(tab)
        try await tab.disableScripts()
        try await tab.open(shown.address)
        try await judge(tab)
      }
    }

    @Test(arguments: ColorScheme.allCases)
    func holdsItsOwnWithNothingToShow(_ scheme: ColorScheme) async throws {
      let shown = try ShownGateway([], isEmpty: true)
      defer { shown.stop() }
      try await BrowserTests.inTab { tab in
        try await tab.prefer(scheme)
        try await tab.openLive(shown)
        try await judge(tab)
        let text = try await tab.text()
        #expect(text.contains("nexus backends add"), "\(text)")
      }
    }

    @Test func keepsLongNamesInPlace() async throws {
      let name = String(repeating: "Long-name_", count: 12)
      try await BrowserTests.onPage(["vllm:0,name=a,model=\(name)\(name)", "ollama:0,name=\(name)"])
      {
        shown, tab in
        try shown.chat("\(name)\(name)")
        try await tab.openLive(shown)
        try await judge(tab)
      }
    }

    @Test func holdsItsOwnInTheDialogAndOnThePageOfARequest() async throws {
      try await BrowserTests.onPage { shown, tab in
        try shown.chat("llama3.2:3b")
        try await tab.openLive(shown)
        try await tab.click("#history a.rq")
        try await tab.wait(for: "the dialog", "document.querySelector('dialog[open] table')")
        try await tab.evaluate(
          "for (const more of document.querySelectorAll('details')) more.open = true")
        try await judge(tab)
        try await tab.open(
          tab.evaluate("document.querySelector('#history a.rq').href").string ?? "")
        try await judge(tab)
      }
    }

    private func judge(
      _ tab: Tab, at place: SourceLocation = #_sourceLocation
    ) async throws {
      var findings: [String: [Int]] = [:]
      for width in Self.widths {
        try await tab.resize(width: width, height: 800)
        let isWhole = width == 360 || width == 1440
        let found = try await isWhole ? Audit.findings(tab) : Audit.findingsOfWidth(tab)
        for finding in found {
          findings[finding, default: []].append(width)
        }
      }
      #expect(findings == [:], "finding: at which widths", sourceLocation: place)
    }
  }
}
