import HTTP

/// Everything that `nexus serve` can be told, with its defaults.
public struct ServeOptions: Equatable, Sendable {
  /// Address to listen on; an IPv6 address stands without brackets.
  public var host = "127.0.0.1"
  /// Port to listen on; 0 takes a free one.
  public var port: UInt16 = 8_000
  /// Directory of the drivers as given, or nil for the default.
  public var plugins: String?
  /// Path of the control socket as given, or nil for the usual place.
  public var controlSocket: String?
  /// Worker threads, or nil for one per core.
  public var threads: Int?
  /// Whether to look for servers on loopback ports; only done while no backend is named.
  public var probes = true
  public var backends: [BackendOption] = []
  /// Largest request body in bytes.
  public var maximumBody = 10 << 20
  /// Time between two looks at a backend.
  public var surveySeconds = 30
  /// Time for a client's request head.
  public var headerMilliseconds = 10_000
  /// Longest pause in a client's request body.
  public var bodyMilliseconds = 30_000
  /// How long an idle client stays connected.
  public var idleMilliseconds = 75_000
  /// Time to reach a backend.
  public var connectMilliseconds = 5_000
  /// Time until a backend begins to answer.
  public var firstByteMilliseconds = 600_000
  /// Longest pause inside a backend's answer.
  public var streamIdleMilliseconds = 120_000
  public var logLevel = LogLevel.info

  public init() {}

  /// Reads the options of `nexus serve`.
  public init(_ invocation: Invocation) throws(UsageError) {
    if let text = invocation.value("--host") { host = try Self.host(text) }
    if let text = invocation.value("--port") {
      port = UInt16(try OptionValue.integer(text, "--port", in: 0...65_535))
    }
    plugins = invocation.value("--plugins")
    controlSocket = invocation.value("--control-socket")
    if let text = invocation.value("--threads") {
      threads = try OptionValue.integer(text, "--threads", in: 1...256)
    }
    probes = !invocation.has("--no-probe")
    if let text = invocation.value("--max-body") {
      maximumBody = try OptionValue.bytes(text, "--max-body", in: 1_024...(1 << 30))
    }
    if let text = invocation.value("--survey-interval") {
      surveySeconds = try OptionValue.integer(text, "--survey-interval", in: 1...86_400)
    }
    if let text = invocation.value("--log-level") {
      logLevel = try OptionValue.word(text, "--log-level", as: LogLevel.self)
    }
    try readTimes(invocation)
    try readBackends(invocation)
  }

  private mutating func readTimes(_ invocation: Invocation) throws(UsageError) {
    let times: [(String, WritableKeyPath<ServeOptions, Int>)] = [
      ("--header-timeout", \.headerMilliseconds), ("--body-timeout", \.bodyMilliseconds),
      ("--idle-timeout", \.idleMilliseconds), ("--connect-timeout", \.connectMilliseconds),
      ("--first-byte-timeout", \.firstByteMilliseconds),
      ("--stream-idle-timeout", \.streamIdleMilliseconds),
    ]
    for (option, field) in times {
      guard let text = invocation.value(option) else { continue }
      self[keyPath: field] = try OptionValue.integer(text, option, in: 1...86_400_000)
    }
  }

  private mutating func readBackends(_ invocation: Invocation) throws(UsageError) {
    for text in invocation.values["--backend"] ?? [] {
      let backend = try BackendOption.parse(text)
      if backends.contains(where: { $0.endpoint.url == backend.endpoint.url }) {
        throw UsageError("'--backend \(text)': \(backend.endpoint.url) stands there twice.")
      }
      if backends.contains(where: { $0.name == backend.name }) {
        throw UsageError(
          "'--backend \(text)': the name '\(backend.name)' is taken; add ,name=ANOTHER.")
      }
      backends.append(backend)
    }
  }

  private static func host(_ text: String) throws(UsageError) -> String {
    var host = text
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) else {
      throw UsageError(
        "'--host \(text)': give an address such as 127.0.0.1, 0.0.0.0 or ::1, or a host name.")
    }
    return host
  }
}
