import Testing

extension BrowserTests {
  /// The judge of pages finds what is wrong, and nothing where nothing is.
  @Suite struct AuditTests {
    static let viewport = "<meta name=viewport content='width=device-width'>"

    @Test func praisesAGoodPage() async throws {
      #expect(
        try await findings(
          "\(Self.viewport)<main><h1>Page</h1><h2>Part</h2><p>Text <a href='#x'>inline</a>"
            + "<button id=x style='display:none'></button>"
            + "<p><label>Word <input style='all:revert;min-height:24px'></label>"
        ) == [])
    }

    static let faults = [
      ("<p id=a>x<p id=a>y", "the id a"),
      ("<h4>skips</h4>", "heading skips from 1 to 4"),
      ("<p style='color:#999'>pale", "contrast 2.85"),
      ("<div style='background:#000'><p style='color:#444'>dark", "contrast"),
      ("<p style='opacity:.4'>faded", "contrast"),
      (
        "<input placeholder=x aria-label=y style='color:#000'><style>::placeholder{color:#bbb}",
        "contrast"
      ),
      ("<button></button>", "a button has no name"),
      ("<input>", "a textbox has no name"),
      ("<a href=/x></a>", "a link has no name"),
      ("<svg width=9 height=9></svg>", "an SVG is neither hidden"),
      ("<svg role=img width=9 height=9></svg>", "a image has no name"),
      ("<div style='width:3000px'>wide", "in a window of 1280"),
      ("<button style='height:12px;font-size:8px'>x", "a target of"),
      ("<table><tr><td>x", "a table without headers"),
      ("<p tabindex=3>x", "a positive tabindex"),
      ("<a href='#nowhere'>x</a>", "#nowhere"),
      ("<p aria-labelledby=none>x", "aria-labelledby names none"),
    ]

    @Test func findsFaults() async throws {
      try await BrowserTests.inTab { tab in
        for (body, fault) in Self.faults {
          try await tab.open(HarnessTests.page("\(Self.viewport)<main><h1>Page</h1>\(body)"))
          let found = try await Audit.findings(tab)
          #expect(found.contains { $0.contains(fault) }, "\(body): \(found)")
        }
      }
    }

    @Test func missesWhatEveryPageNeeds() async throws {
      let found = try await BrowserTests.inTab { tab in
        try await tab.open("data:text/html,<!doctype html><p>text")
        return try await Audit.findings(tab)
      }
      for fault in ["no language", "no title", "no viewport", "0 main", "not one h1"] {
        #expect(found.contains { $0.contains(fault) }, "\(fault) in \(found)")
      }
    }

    private func findings(_ body: String) async throws -> [String] {
      try await BrowserTests.inTab { tab in
        try await tab.open(HarnessTests.page(body))
        return try await Audit.findings(tab)
      }
    }
  }
}
