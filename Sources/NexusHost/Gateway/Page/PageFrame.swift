import Text

/// What all pages have: the head, the symbols, the bar at the top.
enum PageFrame {
  /// A whole document. `refresh`: after how many seconds it loads itself anew where no script does
  /// that.
  static func document(
    title: HTMLText, refresh: HTMLText?, bar: HTMLText, main: HTMLText
  ) -> [UInt8] {
    let again: HTMLText =
      refresh.map { #"<noscript><meta http-equiv="refresh" content="\#($0)"></noscript>"# } ?? ""
    let page: HTMLText = #"""
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\#(title)</title>
      <link rel="icon" href="/favicon.ico" type="image/svg+xml">
      \#(again)
      <style>\#(HTMLText(trusted: PageAssets.style))</style>
      <script type="module" src="\#(PageAssets.scriptPath)"></script>
      </head>
      <body>
      \#(symbols)
      <a class="skip" href="#main">Skip to the content</a>
      <header class="bar"><a class="brand" href="/"><svg class="i" aria-hidden="true">\#
      <use href="#i-nexus"/></svg>Nexus</a>\#(bar)</header>
      <main id="main" tabindex="-1">
      \#(main)
      </main>
      </body>
      </html>

      """#
    return page.bytes
  }

  /// Shapes that tell states apart without their colours.
  private static let symbols: HTMLText = #"""
    <svg class="vh" aria-hidden="true">
    <symbol id="i-nexus" viewBox="0 0 16 16"><path d="M3 13V3l10 10V3"/><circle cx="3" cy="3" r="1.6"/>\#
    <circle cx="3" cy="13" r="1.6"/><circle cx="13" cy="3" r="1.6"/><circle cx="13" cy="13" r="1.6"/></symbol>
    <symbol id="i-ok" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.2 2.2L11 6"/></symbol>
    <symbol id="i-bad" viewBox="0 0 16 16"><path d="M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3z"/>\#
    <path d="M5.6 5.6l4.8 4.8m0-4.8l-4.8 4.8"/></symbol>
    <symbol id="i-wait" viewBox="0 0 16 16"><path d="M8 1.8L14.8 14H1.2z"/><path d="M8 6v4m0 1.8v.2"/></symbol>
    <symbol id="i-clock" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5"/><path d="M8 4.4V8l2.4 1.8"/></symbol>
    <symbol id="i-ask" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5" stroke-dasharray="2.6 2"/>\#
    <path d="M8 10.6v.3M6.2 6.4a1.8 1.8 0 1 1 2.4 1.9c-.5.2-.6.5-.6 1"/></symbol>
    <symbol id="i-pause" viewBox="0 0 16 16"><rect x="1.8" y="1.8" width="12.4" height="12.4" rx="3"/>\#
    <path d="M6.2 5.2v5.6m3.6-5.6v5.6"/></symbol>
    <symbol id="i-flow" viewBox="0 0 16 16"><path d="M3 4l4 4-4 4m6-8l4 4-4 4"/></symbol>
    <symbol id="i-turn" viewBox="0 0 16 16"><path d="M2 4h6a4 4 0 0 1 0 8H4m2.5-2.5L4 12l2.5 2.5"/></symbol>
    <symbol id="i-lock" viewBox="0 0 16 16"><rect x="3" y="7" width="10" height="7" rx="1.5"/>\#
    <path d="M5 7V5a3 3 0 0 1 6 0v2"/></symbol>
    <symbol id="i-dash" viewBox="0 0 16 16"><path d="M1 8h4m2 0h4m2 0h2"/></symbol>
    </svg>
    """#
}
