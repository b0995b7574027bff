/// How everything stands: what the live view shows.
public struct TopFacts: Equatable, Sendable {
  public struct Backend: Equatable, Sendable {
    public var name = ""
    public var type = ""
    /// In lower case: "healthy".
    public var status = "unknown"
    public var zone = ""
    /// Requests that are there.
    public var active: Int64 = 0
    /// Since the start.
    public var requests: Int64 = 0
    /// Milliseconds.
    public var firstToken: Double?
    public var tokensPerSecond: Double?
    /// 0 to 1, of the last hour.
    public var errorShare: Double?
    public var models: Int64 = 0
    /// The models in memory.
    public var loaded: [String] = []
    /// "closed", "half_open" or "open: CAUSE".
    public var circuit = "closed"
    public var lastError: String?
    /// What is being done about its models, or nil.
    public var operation: String?

    public init() {}
  }

  /// A request under way.
  public struct Request: Equatable, Sendable {
    public var model = ""
    public var backend: String?
    public var phase = ""
    /// Milliseconds.
    public var age: Double = 0
    public var tokensPerSecond: Double?
    public var retries: Int64 = 0

    public init() {}
  }

  public struct Budget: Equatable, Sendable {
    /// Dollars.
    public var spent = 0.0
    public var limit = 0.0
    /// "Normal", "SoftLimit" or "HardLimit".
    public var status = ""

    public init() {}
  }

  public var version = ""
  /// The address that clients use.
  public var address = ""
  public var uptimeSeconds: Int64 = 0
  public var requestsPerMinute: Double?
  public var tokensPerSecond: Double?
  public var errorShare: Double?
  public var requestsUnderWay: Int64 = 0
  public var queueDepth: Int64 = 0
  /// 0 if none may wait.
  public var queueLimit: Int64 = 0
  /// Nil without a monthly limit.
  public var budget: Budget?
  public var backends: [Backend] = []
  /// Those that began first, the first first.
  public var requests: [Request] = []
  /// Requests of each of the last parts of an hour, the oldest first.
  public var series: [Double] = []
  /// Changes with the history.
  public var historyVersion: Int64 = 0

  public init() {}
}
