import Testing

extension BrowserTests {
  /// Light and dark, by the system and by the switch.
  @Suite struct ThemeTests {
    private static let lightness = """
      (() => {
        const canvas = document.createElement('canvas');
        const brush = canvas.getContext('2d');
        brush.fillStyle = getComputedStyle(document.body).backgroundColor;
        brush.fillRect(0, 0, 1, 1);
        return brush.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((a, b) => a + b) / 3;
      })()
      """

    @Test func followsTheSystem() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.prefer(.light)
        try await tab.openLive(shown)
        let light = try await tab.evaluate(Self.lightness).number ?? 0
        try await tab.prefer(.dark)
        let dark = try await tab.evaluate(Self.lightness).number ?? 255
        #expect(light > 200 && dark < 60, "\(light), \(dark)")
      }
    }

    @Test func isSwitchedAndStaysSo() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.prefer(.light)
        try await tab.openLive(shown)
        try await choose("dark", tab)
        try await tab.wait(for: "darkness", "\(Self.lightness) < 60")
        try await tab.reload()
        try await tab.wait(for: "darkness again", "\(Self.lightness) < 60")
        try await tab.prefer(.dark)
        try await choose("light", tab)
        try await tab.wait(for: "light", "\(Self.lightness) > 200")
        #expect(tab.problems == [])
      }
    }

    private func choose(_ theme: String, _ tab: Tab) async throws {
      try await tab.evaluate(
        """
        (() => {
          const field = document.querySelector('#theme');
          field.value = '\(theme)';
          field.dispatchEvent(new Event('change', { bubbles: true }));
        })()
        """)
    }
  }
}
