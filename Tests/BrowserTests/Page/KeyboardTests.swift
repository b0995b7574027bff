import Foundation
import Testing

extension BrowserTests {
  /// Everything without a mouse.
  @Suite struct KeyboardTests {
    /// Goes through the page with Tab until it comes round; every control must have been there, and
    /// where one is must be seen.
    @Test(arguments: ColorScheme.allCases)
    func reachesEverything(_ scheme: ColorScheme) async throws {
      try await BrowserTests.onPage { shown, tab in
        for _ in 0..<2 { try shown.chat("llama3.2:3b") }
        try await tab.prefer(scheme)
        try await tab.openLive(shown)
        try await tab.evaluate(Self.watch)
        for _ in 0..<150 {
          try await tab.press(.tab)
          if try await tab.evaluate("look()") == false { break }
        }
        #expect(try await tab.evaluate("missed()").strings == [])
        #expect(try await tab.evaluate("unseen").strings == [])
      }
    }

    @Test func skipsToTheContent() async throws {
      try await BrowserTests.onPage { shown, tab in
        try await tab.openLive(shown)
        try await tab.press(.tab)
        #expect(
          try await tab.evaluate(
            """
            (() => {
              const box = document.activeElement.getBoundingClientRect();
              return document.activeElement.matches('.skip') && box.top >= 0 && box.width > 24;
            })()
            """) == true)
        try await tab.press(.enter)
        try await tab.press(.tab)
        #expect(
          try await tab.evaluate("document.querySelector('main').contains(document.activeElement)")
            == true)
      }
    }

    @Test func opensAndClosesARequest() async throws {
      try await BrowserTests.onPage { shown, tab in
        try shown.chat("llama3.2:3b")
        try await tab.openLive(shown)
        try await tab.focus("#history a.rq")
        try await tab.press(.enter)
        try await tab.wait(for: "the dialog", "document.querySelector('dialog[open]')")
        // The focus is in it and stays there.
        for _ in 0..<4 {
          let isInside = try await tab.evaluate(
            """
            document.activeElement === document.body
              || document.querySelector('dialog').contains(document.activeElement)
            """)
          #expect(isInside == true)
          try await tab.press(.tab)
        }
        try await tab.press(.escape)
        try await tab.wait(
          for: "the focus to be back", "document.activeElement.matches('#history a.rq')")
      }
    }

    @Test func hasShortWays() async throws {
      try await BrowserTests.onPage { shown, tab in
        for _ in 0..<3 { try shown.chat("llama3.2:3b") }
        try await tab.openLive(shown)
        try await tab.press(.slash)
        #expect(try await tab.evaluate("document.activeElement.matches('#filter input')") == true)
        try await tab.type("a/b")
        #expect(try await tab.evaluate("document.activeElement.value") == "a/b")
        try await tab.press(.escape)
        try await tab.focus("#history a.rq")
        try await tab.press(.down)
        #expect(
          try await tab.evaluate("document.activeElement.closest('tr').matches(':nth-child(2)')")
            == true)
      }
    }

    private static let watch = """
      window.seen = new Set();
      window.unseen = [];
      const controls = () =>
        [...document.querySelectorAll(
          'a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter((e) =>
             e.checkVisibility({ visibilityProperty: true }) && !e.disabled
            && !e.closest('dialog:not([open])'));
      window.look = () => {
        const element = document.activeElement;
        if (element === document.body || seen.has(element)) return false;
        seen.add(element);
        const name = element.outerHTML.slice(0, 100);
        const style = getComputedStyle(element);
        const isMarked = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)
          || style.boxShadow !== 'none';
        if (!isMarked) unseen.push('no mark: ' + name);
        const box = element.getBoundingClientRect();
        if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth)
          unseen.push('out of sight: ' + name);
        const middle = document.elementFromPoint(
          Math.min(innerWidth - 1, Math.max(0, box.x + box.width / 2)),
          Math.min(innerHeight - 1, Math.max(0, box.y + Math.min(box.height, innerHeight) / 2)));
        if (middle && !element.contains(middle) && !middle.contains(element))
          unseen.push('covered by ' + middle.outerHTML.slice(0, 60) + ': ' + name);
        return true;
      };
      window.missed = () =>
        controls().filter((e) => !seen.has(e)).map((e) => e.outerHTML.slice(0, 120));
      """
  }
}
