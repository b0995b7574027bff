import Foundation

extension Tab {
  /// A key as Chromium wants it described.
  struct Key: Sendable {
    let name: String
    let code: String
    let number: Int
    var text: String?

    static let tab = Key(name: "Tab", code: "Tab", number: 9)
    static let enter = Key(name: "Enter", code: "Enter", number: 13, text: "\r")
    static let escape = Key(name: "Escape", code: "Escape", number: 27)
    static let space = Key(name: " ", code: "Space", number: 32, text: " ")
    static let down = Key(name: "ArrowDown", code: "ArrowDown", number: 40)
    static let slash = Key(name: "/", code: "Slash", number: 191, text: "/")
  }

  /// Presses a key and lets it go.
  func press(_ key: Key, shift: Bool = false, control: Bool = false) async throws {
    let modifiers = (shift ? 8 : 0) + (control ? 2 : 0)
    var event: [String: JSONValue] = [
      "key": .string(key.name), "code": .string(key.code),
      "windowsVirtualKeyCode": .number(Double(key.number)), "modifiers": .number(Double(modifiers)),
      "type": key.text == nil ? "rawKeyDown" : "keyDown",
    ]
    event["text"] = key.text.map { .string($0) }
    try await call("Input.dispatchKeyEvent", .object(event))
    event["type"] = "keyUp"
    event["text"] = nil
    try await call("Input.dispatchKeyEvent", .object(event))
  }

  /// Types a text into what has the focus.
  func type(_ text: String) async throws {
    try await call("Input.insertText", ["text": .string(text)])
  }

  /// Presses the mouse in the middle of the first visible element that the selector finds.
  func click(_ selector: String) async throws {
    let place = try await evaluate(
      """
      (() => {
        const all = [...document.querySelectorAll(\(Self.literal(selector)))];
        const element = all.find(e => e.checkVisibility({ visibilityProperty: true }));
        if (!element) return null;
        element.scrollIntoView({ block: 'center', behavior: 'instant' });
        const box = element.getClientRects()[0];
        return [box.x + box.width / 2, box.y + box.height / 2];
      })()
      """
    ).array.compactMap(\.number)
    guard place.count == 2 else {
      throw CaseFailure("nothing to click at '\(selector)' in:\n\(try await text().prefix(3000))")
    }
    for type in ["mousePressed", "mouseReleased"] {
      try await call(
        "Input.dispatchMouseEvent",
        [
          "type": .string(type), "x": .number(place[0]), "y": .number(place[1]), "button": "left",
          "clickCount": 1,
        ])
    }
  }

  func focus(_ selector: String) async throws {
    try await evaluate("document.querySelector(\(Self.literal(selector))).focus()")
  }
}
