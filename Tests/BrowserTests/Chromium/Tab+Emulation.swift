import Foundation

/// How a person likes pages.
enum ColorScheme: String, CaseIterable, Sendable {
  case light, dark
}

extension Tab {
  /// Gives the window so many CSS pixels; narrow ones are a phone's.
  func resize(width: Int, height: Int, scale: Double = 1) async throws {
    try await call(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .number(Double(width)), "height": .number(Double(height)),
        "deviceScaleFactor": .number(scale), "mobile": .bool(width < 600),
      ])
  }

  /// Without motion, so that nothing is seen half way.
  func prefer(_ scheme: ColorScheme) async throws {
    try await call(
      "Emulation.setEmulatedMedia",
      [
        "features": [
          ["name": "prefers-color-scheme", "value": .string(scheme.rawValue)],
          ["name": "prefers-reduced-motion", "value": "reduce"],
        ]
      ])
  }

  func disableScripts() async throws {
    try await call("Emulation.setScriptExecutionDisabled", ["value": true])
  }

  /// Writes what the window shows, or the whole page, to `screens/NAME.png` beside the binaries.
  func screenshot(_ name: String, wholePage: Bool = false) async throws {
    let folder = GatewayProcess.staged.appendingPathComponent("screens")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var order: [String: JSONValue] = ["format": "png"]
    if wholePage {
      let size = try await call("Page.getLayoutMetrics")["cssContentSize"]
      order["captureBeyondViewport"] = true
      order["clip"] = [
        "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1,
      ]
    }
    let picture = try await call("Page.captureScreenshot", .object(order))
    guard let data = Data(base64Encoded: picture["data"].string ?? "") else {
      throw CaseFailure("no picture of \(name)")
    }
    try data.write(to: folder.appendingPathComponent("\(name).png"))
  }
}
