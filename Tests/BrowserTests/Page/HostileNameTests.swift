import Foundation
import Testing

extension BrowserTests {
  /// Names are text, whatever they look like.
  @Suite struct HostileNameTests {
    static let script = "<script>window.pwned=1</script>"
    static let image = #""><img src=x onerror=window.pwned=2>"#
    static let breakout = "'-alert(1)-'</style></title><svg onload=window.pwned=3>"

    @Test(arguments: [false, true])
    func areShownAndDoNothing(_ hasScripts: Bool) async throws {
      let shown = try ShownGateway([
        "llamacpp:0,name=one,model=\(Self.script),ttft=10,tps=50",
        "vllm:0,name=two,model=\(Self.image)",
        "vllm:0,name=three,model=\(Self.breakout)",
      ])
      defer { shown.stop() }
      let names = [Self.script, Self.image, Self.breakout]
      try shown.reload(zip(names, shown.simulator.backends).map { (name: $0, url: $1.url) })
      try shown.waitForHealthy(3)
      for name in names + ["unknown \(Self.image)"] { try shown.chat(name, Self.script) }
      let running = try shown.ask(Self.script, words: 200)
      defer { running.close() }
      try await BrowserTests.inTab { tab in
        if hasScripts {
          try await tab.openLive(shown)
          try await tab.wait(for: "the live request", "document.querySelector('#live tbody tr')")
          try await tab.click("#history tbody tr:last-child a.rq")
          try await tab.wait(
            for: "the explanation", "/Why/.test(document.querySelector('dialog').innerText)")
          try await tab.press(.escape)
        } else {
          try await tab.disableScripts()
          try await tab.open(shown.address)
        }
        let text = try await tab.evaluate("document.body.textContent").string ?? ""
        for name in names { #expect(text.contains(name), "\(name)") }
        let alive = try await tab.evaluate(
          """
          [...document.querySelectorAll(
            'main script, main img, main style, main iframe, [onerror], [onload]')]
            .map((e) => e.outerHTML)
          """)
        #expect(alive == [])
        #expect(try await tab.evaluate("window.pwned ?? 'nothing'") == "nothing")
        let requests = tab.requests.filter { $0.address.hasSuffix("/x") }
        #expect(requests.isEmpty)
        #expect(tab.problems == [])
      }
    }

    @Test func areSafeInTheFilterOfTheAddress() async throws {
      try await BrowserTests.onPage { shown, tab in
        var allowed = CharacterSet.alphanumerics
        allowed.insert("-")
        let query = Self.image.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        try await tab.open("\(shown.address)/?model=\(query)&backend=\(query)&status=")
        #expect(
          try await tab.evaluate("document.querySelector('#filter [name=model]').value")
            == .string(Self.image))
        #expect(try await tab.count("main img") == 0)
        #expect(tab.problems == [])
      }
    }
  }
}
