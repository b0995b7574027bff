extension Settings {
  /// `[traces]`: spans that are sent to a collector of OpenTelemetry.
  public struct Traces: Equatable, Sendable {
    /// URL of the collector; nil sends nothing.
    public var endpoint: String?
    /// Share of the requests that are traced, 0 to 1, of those whose client leaves it open.
    public var sample = 1.0
    /// What the gateway calls itself.
    public var serviceName = "nexus"
    /// Header fields that go with every delivery, in order.
    public var headers: [Header] = []
    /// Header field → the environment variable with its value, for keys.
    public var headerVariables: [String: String] = [:]
    /// PEM file with the authorities to trust for it; nil for the system's.
    public var caFile: String?

    public init() {}
  }
}
