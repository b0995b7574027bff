import Config

/// The rules by which requests are routed, made ready once from what was configured. Immutable: a
/// reload makes the next one, and requests under way keep theirs.
public final class RoutingPolicy: Sendable {
  public let settings: Settings.Routing

  public init(_ settings: Settings.Routing = .init()) { self.settings = settings }
}
