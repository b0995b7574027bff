import Foundation

/// What a page gets wrong for people: a sentence for each finding, and where. Rules are those of
/// WCAG 2.2 (https://www.w3.org/TR/WCAG22/), with the numbers of their criteria.
enum Audit {
  private static let script: String = {
    let file = GatewayProcess.package.appendingPathComponent("Tests/BrowserTests/Audit/audit.js")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? "throw Error('no \(file.path)')"
  }()

  /// All that can be judged of a page as it is shown at the moment.
  static func findings(_ tab: Tab) async throws -> [String] {
    try await tab.evaluate("\(script)(false)").strings + names(tab)
  }

  /// What the width of the window alone may spoil.
  static func findingsOfWidth(_ tab: Tab) async throws -> [String] {
    try await tab.evaluate("\(script)(true)").strings
  }

  /// Roles that a person can do something with, or whose content only their name tells
  /// (4.1.2, 1.1.1).
  private static let namedRoles: Set<String> = [
    "button", "checkbox", "combobox", "dialog", "graphics-document", "image", "img", "link",
    "listbox", "menuitem", "meter", "option", "progressbar", "radio", "region", "searchbox",
    "slider",
    "spinbutton", "switch", "tab", "table", "textbox",
  ]

  /// What assistive technology is told has no name, or only a blank one.
  private static func names(_ tab: Tab) async throws -> [String] {
    try await tab.call("Accessibility.enable")
    let tree = try await tab.call("Accessibility.getFullAXTree")["nodes"].array
    try await tab.call("Accessibility.disable")
    var findings: [String] = []
    for node in tree where node["ignored"].bool != true {
      guard let role = node["role"]["value"].string, namedRoles.contains(role) else { continue }
      let name = node["name"]["value"].string ?? ""
      guard name.allSatisfy(\.isWhitespace) else { continue }
      let html = try await outline(node["backendDOMNodeId"], tab)
      findings.append("a \(role) has no name: \(html)")
    }
    return findings
  }

  private static func outline(_ node: JSONValue, _ tab: Tab) async throws -> String {
    let html = try await tab.call("DOM.getOuterHTML", ["backendNodeId": node])["outerHTML"].string
    return String((html ?? "?").prefix(160))
  }
}
