import Net

/// The connections of one loop to all backends: idle ones are kept and used again, the last used
/// first.
///
/// Confined to its loop's thread.
public final class UpstreamPool {
  private let loop: EventLoop
  private let dialler: Dialler
  /// Hold for requests that begin from now on.
  public var timeouts: UpstreamTimeouts
  /// What its connections come to.
  public let counts = UpstreamCounts()
  private var sites: [Endpoint: UpstreamSite] = [:]
  private var last: (endpoint: Endpoint, site: UpstreamSite)?
  /// Most idle connections kept for one endpoint.
  private static let keptPerEndpoint = 256

  public init(loop: EventLoop, timeouts: UpstreamTimeouts) throws(NetError) {
    self.loop = loop
    self.timeouts = timeouts
    dialler = try Dialler(loop: loop)
  }

  /// An idle connection that is ready for a request, or nil.
  public func idleConnection(to endpoint: Endpoint) -> UpstreamConnection? {
    takeIdle(site(of: endpoint))
  }

  /// A new connection. `deadline`: when it must stand at the latest, in milliseconds of the loop's
  /// clock. `onDial` is given what can be interrupted while dialling.
  public func connect(
    to endpoint: Endpoint, deadline: UInt64 = .max, onDial: (any Interruptible) -> Void = { _ in }
  ) async throws(UpstreamError) -> UpstreamConnection {
    let site = site(of: endpoint)
    let target = DialTarget(
      url: "\(endpoint.scheme.rawValue)://\(endpoint.authority)/",
      isSecure: endpoint.scheme == .https, caFile: endpoint.caFile)
    do {
      let transport = try await dialler.connect(
        to: target, timeout: max(1, loop.remaining(timeouts.connect, until: deadline)),
        onStart: onDial)
      let connection = UpstreamConnection(
        site: site, transport: transport, loop: loop, timeouts: timeouts)
      connection.pool = self
      counts.connectionOpened()
      transport.channel.watch(connection)
      return connection
    } catch {
      counts.connectionFailed()
      // Discovery asks at many addresses where nobody is.
      if site.idle.isEmpty {
        sites[endpoint] = nil
        last = nil
      }
      throw UpstreamError(error, during: "connecting", beforeReply: true)
    }
  }

  private func site(of endpoint: Endpoint) -> UpstreamSite {
    // Most requests of a loop go where the last one went.
    if let last, last.endpoint === endpoint { return last.site }
    let site = sites[endpoint] ?? UpstreamSite()
    sites[endpoint] = site
    last = (endpoint, site)
    return site
  }

  private func takeIdle(_ site: UpstreamSite) -> UpstreamConnection? {
    while let connection = site.idle.popLast() {
      counts.idleChanged(by: -1)
      let channel = connection.transport.channel
      loop.pauseExpiry(connection)
      // Bytes that nobody asked for, or an end that is not yet noticed: not a connection to trust.
      guard connection.transport.isAtRest else {
        connection.close()
        continue
      }
      channel.clearInterrupt()
      connection.isReused = true
      counts.connectionReused()
      connection.timeouts = timeouts
      return connection
    }
    return nil
  }

  func keep(_ connection: UpstreamConnection, for milliseconds: UInt64) {
    let channel = connection.transport.channel
    channel.clearDeadline()
    guard !channel.peerHasClosed, connection.site.idle.count < Self.keptPerEndpoint else {
      return connection.close()
    }
    connection.site.idle.append(connection)
    counts.idleChanged(by: 1)
    loop.expire(connection, after: milliseconds)
  }

  func drop(_ connection: UpstreamConnection) {
    let site = connection.site
    guard let index = site.idle.firstIndex(where: { $0 === connection }) else { return }
    site.idle.remove(at: index)
    counts.idleChanged(by: -1)
    connection.close()
  }
}

/// The idle connections to one endpoint.
final class UpstreamSite {
  var idle: [UpstreamConnection] = []
}
