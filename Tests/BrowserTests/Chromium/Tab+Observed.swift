import Foundation

extension Tab {
  /// A request that the page made.
  struct Request: Sendable, CustomStringConvertible {
    let address: String
    /// As Chromium calls it: Document, Script, Fetch, WebSocket …
    let type: String

    var description: String { "\(type) \(address)" }
  }

  /// All requests of the tab in order, those of WebSockets too.
  var requests: [Request] {
    events.all.compactMap { event in
      switch event.method {
      case "Network.requestWillBeSent":
        Request(
          address: event.params["request"]["url"].string ?? "",
          type: event.params["type"].string ?? "")
      case "Network.webSocketCreated":
        Request(address: event.params["url"].string ?? "", type: "WebSocket")
      default: nil
      }
    }
  }

  /// Whatever a developer would see in red or yellow: exceptions, errors and warnings on the
  /// console, violations of the content security policy, deprecated things.
  var problems: [String] {
    events.all.compactMap { event in
      let params = event.params
      switch event.method {
      case "Runtime.exceptionThrown":
        let details = params["exceptionDetails"]
        return "exception: \(details["exception"]["description"].string ?? details.text)"
      case "Runtime.consoleAPICalled"
      where ["error", "warning", "assert"].contains(params["type"].string):
        return "console: \(params["args"].text)"
      case "Log.entryAdded" where ["error", "warning"].contains(params["entry"]["level"].string):
        let entry = params["entry"]
        return "log: \(entry["text"].string ?? "") \(entry["url"].string ?? "")"
      case "Audits.issueAdded": return "issue: \(params["issue"].text)"
      default: return nil
      }
    }
  }
}
