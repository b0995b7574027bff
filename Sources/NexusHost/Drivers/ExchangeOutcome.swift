import HTTP

/// How an operation that no client waits for (identify, survey, load …) ended, with what it told.
public struct ExchangeOutcome: Equatable, Sendable {
  /// Why it failed, or nil if it is done.
  public var failure: DriverFailure?
  /// The facts that the driver told, also those before a failure.
  public var reports: DriverReports
  /// Status of an answer that the driver wrote; 0 if it wrote none.
  public var answerStatus: Int
  /// The bytes of that answer.
  public var answer: [UInt8]

  public init(
    failure: DriverFailure? = nil, reports: DriverReports = DriverReports(), answerStatus: Int = 0,
    answer: [UInt8] = []
  ) {
    self.failure = failure
    self.reports = reports
    self.answerStatus = answerStatus
    self.answer = answer
  }

  /// Whether the operation is done.
  public var isDone: Bool { failure == nil }
}

/// Where an exchange is sent and with which key; drivers see neither.
public struct UpstreamTarget: Hashable, Sendable {
  public let endpoint: Endpoint
  /// The key that replaces `{credential}`; it holds no control characters.
  public let credential: [UInt8]?
  /// Whole header lines that go up with every request, each with its CR LF.
  public let headerLines: [UInt8]

  public init(endpoint: Endpoint, credential: [UInt8]? = nil, headerLines: [UInt8] = []) {
    self.endpoint = endpoint
    self.credential = credential
    self.headerLines = headerLines
  }

  /// The same for a question at a place that nobody named, which another gateway refuses: so none
  /// becomes a backend by being found.
  public var asDiscovery: UpstreamTarget {
    UpstreamTarget(
      endpoint: endpoint, credential: credential,
      headerLines: headerLines + Array("x-nexus-discovery: 1\r\n".utf8))
  }
}
