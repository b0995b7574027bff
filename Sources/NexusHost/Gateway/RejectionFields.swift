import Net
import Routing
import Text

/// How the backends that refused a request are told to its client: in the body of the error, and for
/// those who look at heads alone in two header fields.
enum RejectionFields {
  /// How many refusals a body lists.
  static let listed = 100
  /// Longest JSON in a header field.
  private static let maxDetails = 2_048

  /// Appends x-nexus-rejection-reasons and x-nexus-rejection-details.
  static func append(_ refusals: [RouteExplanation.Refusal], to out: ByteBuffer) {
    guard !refusals.isEmpty else { return }
    var tokens: [String] = []
    for refusal in refusals where !tokens.contains(refusal.reason.token) {
      tokens.append(refusal.reason.token)
    }
    HeadWriter.field(
      "x-nexus-rejection-reasons", Array(tokens.joined(separator: ", ").utf8), in: out)
    var shown = refusals.prefix(listed)
    var details = plain(self.details(of: shown))
    while details.count > maxDetails {
      shown = shown.prefix(shown.count / 2)
      details = plain(self.details(of: shown))
    }
    HeadWriter.field("x-nexus-rejection-details", details, in: out)
  }

  /// A JSON array of the refusals.
  static func details(of refusals: ArraySlice<RouteExplanation.Refusal>) -> [UInt8] {
    var out: [UInt8] = [UInt8(ascii: "[")]
    for refusal in refusals {
      if out.count > 1 { out.append(UInt8(ascii: ",")) }
      append("{\"agent_id\":", refusal.backend, to: &out)
      append(",\"model\":", refusal.model, to: &out)
      append(",\"reconciler\":", name(of: refusal.stage), to: &out)
      append(",\"reason\":", refusal.reason.token, to: &out)
      append(",\"suggested_action\":", refusal.reason.remedy, to: &out)
      out.append(UInt8(ascii: "}"))
    }
    out.append(UInt8(ascii: "]"))
    return out
  }

  private static func append(_ key: StaticString, _ value: String, to out: inout [UInt8]) {
    JSONWriter.appendRaw(key, to: &out)
    JSONWriter.appendString(Array(value.utf8), to: &out)
  }

  /// The names that clients know for the stages.
  private static func name(of stage: RoutingStage) -> String {
    switch stage {
    case .model: "RequestAnalyzer"
    case .privacy: "PrivacyReconciler"
    case .tier: "TierReconciler"
    case .budget: "BudgetReconciler"
    case .lifecycle: "LifecycleReconciler"
    case .quality: "QualityReconciler"
    case .operation, .capability, .health, .circuit, .capacity: "SchedulerReconciler"
    }
  }

  /// What may stand in a header field (RFC 9110 §5.5); the rest is left to the body.
  private static func plain(_ bytes: [UInt8]) -> [UInt8] {
    bytes.filter { $0 >= 0x20 && $0 < 0x7F }
  }
}
