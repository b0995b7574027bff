import Text

/// A job of the gateway in words.
enum JobText {
  static func isOver(_ row: JSONRow) -> Bool {
    ["completed", "failed", "cancelled"].contains(row.text("status") ?? "")
  }

  /// "Loading llama3.2:3b on attic".
  static func task(_ row: JSONRow) -> String {
    let model = row.text("model_id") ?? ""
    let source = row.text("source_backend_id") ?? ""
    let target = row.text("target_backend_id") ?? ""
    let text =
      switch row.text("operation_type") {
      case "unload": "Unloading \(model) from \(source)"
      case "migrate": "Moving \(model) from \(source) to \(target)"
      default: "Loading \(model) on \(target)"
      }
    return TextTable.printable(text)
  }

  /// How it stands: "Loading llama3.2:3b on attic: 42 %, loading, 12 s left".
  static func line(_ row: JSONRow) -> String {
    var parts: [String] = []
    if let percent = row.number("progress_percent") { parts.append("\(percent) %") }
    if let detail = row.text("detail"), !detail.isEmpty { parts.append(detail) }
    if let left = row.number("eta_ms") { parts.append("\((left + 999) / 1_000) s left") }
    if parts.isEmpty { parts.append(row.text("status") == "pending" ? "waiting" : "under way") }
    return TextTable.printable("\(task(row)): \(parts.joined(separator: ", "))")
  }

  /// What came of it.
  static func end(_ row: JSONRow) -> String {
    var text = "\(task(row)): "
    switch row.text("status") {
    case "completed":
      text += "done"
      if let detail = row.text("detail"), !detail.isEmpty { text += ", \(detail)" }
    case "cancelled": text += "cancelled"
    default: text += row.text("error_details") ?? "failed"
    }
    let unloaded = row.texts("unloaded")
    if !unloaded.isEmpty { text += "; unloaded for it: \(unloaded.joined(separator: ", "))" }
    return TextTable.printable("\(text).")
  }
}
