import Foundation

/// A tab of a browser that knows nothing from before: own storage, own cache.
final class Tab: Sendable {
  let devTools: DevTools
  let session: String
  let events = EventLog()
  private let target: String
  private let context: String

  /// Opens it, empty, with a window of that many CSS pixels.
  init(_ chromium: ChromiumProcess, width: Int = 1280, height: Int = 800) async throws {
    devTools = chromium.devTools
    context =
      try await devTools.call("Target.createBrowserContext")["browserContextId"].string ?? ""
    target =
      try await devTools.call(
        "Target.createTarget", ["url": "about:blank", "browserContextId": .string(context)])[
        "targetId"
      ].string ?? ""
    session =
      try await devTools.call(
        "Target.attachToTarget", ["targetId": .string(target), "flatten": true])["sessionId"].string
      ?? ""
    let log = events
    devTools.listen(to: session) { log.append($0) }
    for domain in ["Page", "Runtime", "Network", "Log", "Audits"] {
      try await call("\(domain).enable")
    }
    try await resize(width: width, height: height)
    // As a person has it in front: else it has no focus to show.
    try await call("Emulation.setFocusEmulationEnabled", ["enabled": true])
  }

  func close() async {
    _ = try? await devTools.call(
      "Target.disposeBrowserContext", ["browserContextId": .string(context)])
    devTools.forget(session)
  }

  @discardableResult
  func call(
    _ method: String, _ params: JSONValue = [:], within seconds: Double = 20
  ) async throws -> JSONValue {
    try await devTools.call(method, params, session: session, within: seconds)
  }

  /// Goes to an address and returns when all of the page is there.
  func open(_ address: String, within seconds: Double = 20) async throws {
    let start = events.count
    let answer = try await call("Page.navigate", ["url": .string(address)])
    if let fault = answer["errorText"].string { throw CaseFailure("\(address): \(fault)") }
    try await waitForLoad(from: start, within: seconds)
  }

  func reload() async throws {
    let start = events.count
    try await call("Page.reload")
    try await waitForLoad(from: start)
  }

  /// Waits until a page has been loaded since that place in the events.
  func waitForLoad(from start: Int, within seconds: Double = 20) async throws {
    _ = try await events.first("a page to load", from: start, within: seconds) {
      $0.method == "Page.loadEventFired"
    }
  }

  /// Runs the script in every page before its own, from the next on.
  func beforeEveryPage(_ script: String) async throws {
    try await call("Page.addScriptToEvaluateOnNewDocument", ["source": .string(script)])
  }

  /// The value of an expression, or of what it promises.
  @discardableResult
  func evaluate(_ expression: String, within seconds: Double = 20) async throws -> JSONValue {
    let answer = try await call(
      "Runtime.evaluate",
      [
        "expression": .string(expression), "awaitPromise": true, "returnByValue": true,
        "userGesture": true,
      ], within: seconds)
    let fault = answer["exceptionDetails"]
    if fault != .null {
      let reason = fault["exception"]["description"].string ?? fault["text"].string ?? "failed"
      throw CaseFailure("\(reason)\nin: \(expression.prefix(300))")
    }
    return answer["result"]["value"]
  }

  /// Waits until an expression is true of the page, which may change or be loaded again meanwhile;
  /// its value.
  ///
  /// `what` completes the sentence "waited for …".
  @discardableResult
  func wait(
    for what: String, _ expression: String, within seconds: Double = 10
  ) async throws -> JSONValue {
    let deadline = Date() + seconds
    while true {
      let start = events.count
      let left = max(0.1, deadline.timeIntervalSinceNow)
      do {
        let found = try await evaluate(
          Self.watch(expression, milliseconds: Int(left * 1000)), within: left + 5)
        if found["done"].bool == true { return found["value"] }
        throw CaseFailure(
          "waited \(seconds) s for \(what) in vain; the page shows:\n"
            + "\(found["text"].string ?? "")")
      } catch let failure as CaseFailure {
        let isNewPage = [
          "navigated", "context was destroyed", "was collected", "Cannot find context",
        ]
        .contains { failure.reason.contains($0) }
        guard isNewPage, deadline.timeIntervalSinceNow > 0 else { throw failure }
        try await waitForLoad(from: start, within: left)
      }
    }
  }

  /// A promise that is kept as soon as the expression is true, looked at after every change.
  private static func watch(_ expression: String, milliseconds: Int) -> String {
    """
    new Promise((resolve) => {
      let observer, timer;
      const look = () => {
        let value;
        try { value = (\(expression)); } catch { return; }
        if (!value) return;
        observer.disconnect();
        clearTimeout(timer);
        resolve({ done: true, value: value === true || typeof value !== 'object' ? value : true });
      };
      observer = new MutationObserver(look);
      observer.observe(document, {
        subtree: true, childList: true, attributes: true, characterData: true });
      for (const event of ['focusin', 'focusout', 'input', 'scroll', 'transitionend'])
        document.addEventListener(event, look, true);
      timer = setTimeout(() => {
        observer.disconnect();
        resolve({ done: false, text: document.body ? document.body.innerText.slice(0, 3000) : '' });
      }, \(milliseconds));
      look();
    })
    """
  }

  /// The text that a person sees of the first element that the selector finds.
  func text(_ selector: String = "body") async throws -> String {
    try await evaluate("document.querySelector(\(Self.literal(selector)))?.innerText ?? ''").string
      ?? ""
  }

  func count(_ selector: String) async throws -> Int {
    Int(
      try await evaluate("document.querySelectorAll(\(Self.literal(selector))).length").number ?? 0)
  }

  static func literal(_ text: String) -> String { JSONValue.string(text).text }
}
