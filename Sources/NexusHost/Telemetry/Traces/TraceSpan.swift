/// What every span has; what is said of it beside that are attributes.
public struct TraceSpan: Sendable {
  /// What a span is to the ones around it: the numbers of the protocol.
  public enum Kind: Int64, Sendable {
    /// Something inside of the gateway.
    case `internal` = 1
    /// A request that came.
    case server = 2
    /// A request that went.
    case client = 3
  }

  /// The trace and the span's own id.
  public var context: TraceContext
  /// The span that it belongs to; nil if it is the first of its trace.
  public var parent: UInt64?
  /// Whether that span is another program's.
  public var isParentRemote = false
  public var name: String
  public var kind: Kind
  /// Nanoseconds since 1970.
  public var start: Int64
  public var end: Int64
  /// What went wrong, in the host's own words, which may be none; nil if nothing did.
  public var failure: String?

  public init(
    _ context: TraceContext, parent: UInt64?, _ name: String, _ kind: Kind, start: Int64, end: Int64
  ) {
    self.context = context
    self.parent = parent
    self.name = name
    self.kind = kind
    self.start = start
    self.end = end
  }
}
