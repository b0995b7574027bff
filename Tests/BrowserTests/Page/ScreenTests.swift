import Foundation
import Testing

extension BrowserTests {
  /// Pictures for people, in `screens/` beside the binaries.
  @Suite struct ScreenTests {
    static let fleet = [
      "ollama:0,name=laptop,model=llama3.2:3b,model=nomic-embed-text,model=qwen3:8b,tps=60",
      "llamacpp:0,name=workstation,model=qwen2.5-7b-instruct,ttft=60,tps=30",
      "vllm:0,name=server,model=Qwen/Qwen2.5-32B-Instruct,ttft=40,tps=25",
      "lmstudio:0,name=mac-studio,model=qwen2.5-7b-instruct,model=gemma3-27b,ttft=120,tps=40",
      "exo:0,name=cluster,ttft=150",
    ]

    @Test func showAFleetAtWork() async throws {
      let shown = try ShownGateway(
        Self.fleet,
        settings: "[fleet]\nintelligence_enabled = true\n[routing.budget]\nmonthly_limit_usd = 20")
      defer { shown.stop() }
      try chat(shown)
      try shown.simulator.fault(#"{"backend":"cluster","kind":"die"}"#)
      try shown.waitForHealthy(4)
      let running = try [
        shown.ask("qwen2.5-7b-instruct", words: 2000),
        shown.ask("Qwen/Qwen2.5-32B-Instruct", words: 2000),
      ]
      defer { for client in running { client.close() } }
      for scheme in ColorScheme.allCases {
        try await show(shown, "desktop", scheme, width: 1440, height: 900)
        try await show(shown, "tablet", scheme, width: 768, height: 1024)
        try await show(
          shown, "phone", scheme, width: 360, height: 740,
          parts: ["live", "history", "models", "play"])
      }
      try await showDetails(shown)
    }

    /// Leaves a history.
    private func chat(_ shown: ShownGateway) throws {
      for round in 0..<3 {
        let clients = try ["llama3.2:3b", "qwen2.5-7b-instruct", "Qwen/Qwen2.5-32B-Instruct"].map {
          try shown.ask($0, "Round \(round)", isStream: false)
        }
        for client in clients {
          _ = try client.receive()
          client.close()
        }
      }
      try shown.chat("gpt-5-nano")
    }

    private func show(
      _ shown: ShownGateway, _ name: String, _ scheme: ColorScheme, width: Int, height: Int,
      parts: [String] = []
    ) async throws {
      try await BrowserTests.inTab(width: width, height: height) { tab in
        try await tab.resize(width: width, height: height, scale: width < 600 ? 2 : 1)
        try await tab.prefer(scheme)
        try await tab.openLive(shown)
        try await tab.wait(for: "streams", "/streaming at/.test(document.body.innerText)")
        try await tab.screenshot("\(name)-\(scheme)")
        for part in parts {
          try await tab.evaluate("document.querySelector('#h-\(part)').scrollIntoView()")
          try await tab.screenshot("\(name)-\(scheme)-\(part)")
        }
        if parts.isEmpty { try await tab.screenshot("\(name)-\(scheme)-whole", wholePage: true) }
      }
    }

    private func showDetails(_ shown: ShownGateway) async throws {
      try await BrowserTests.inTab(width: 1440, height: 900) { tab in
        try await tab.prefer(.light)
        try await tab.openLive(shown)
        try await tab.click("#history tbody tr:nth-child(3) a.rq")
        try await tab.wait(
          for: "the explanation", "/Why/.test(document.querySelector('dialog').innerText)")
        try await tab.screenshot("detail")
        try await tab.press(.escape)
        try await tab.click("#send")
        try await tab.wait(
          for: "the answer", "document.querySelector('#answer').innerText.length > 80")
        try await tab.screenshot("playground")
      }
      try await BrowserTests.inTab(width: 1440, height: 900) { tab in
        try await tab.disableScripts()
        try await tab.open(shown.address)
        try await tab.screenshot("without-scripts", wholePage: true)
      }
    }

    @Test func showAnEmptyFleet() async throws {
      let shown = try ShownGateway([], isEmpty: true)
      defer { shown.stop() }
      try await BrowserTests.inTab(width: 1440, height: 900) { tab in
        try await tab.openLive(shown)
        try await tab.screenshot("empty", wholePage: true)
      }
    }

    @Test func showAHall() async throws {
      let shown = try ShownGateway((1...20).map { "ollama:0,name=node-\($0)" })
      defer { shown.stop() }
      for _ in 0..<20 { try shown.chat("llama3.2:3b") }
      try await BrowserTests.inTab(width: 1440, height: 900) { tab in
        try await tab.openLive(shown)
        try await tab.screenshot("twenty-backends", wholePage: true)
      }
    }
  }
}
