import CLinux
import Config
import HTTP
import Net
import Synchronization
import Telemetry

/// The sockets on which clients come. Any thread.
///
/// Workers listen on descriptors of their own. These here only keep the sockets together, until the
/// gateway stops.
final class FrontDoor: Sendable {
  /// What clients use, e.g. "http://127.0.0.1:8000".
  let url: String
  let port: UInt16
  private let sockets: Mutex<[Socket.Listening]>
  private let shared: Atomic<Bool>

  private init(
    _ sockets: [Socket.Listening], host: String, port: UInt16, isShared: Bool = false
  ) {
    shared = Atomic(isShared)
    self.port = port
    url = Endpoint(scheme: .http, host: host, port: port).url
    self.sockets = Mutex(sockets)
  }

  /// Takes the sockets that were passed, or those of the gateway before as far as they are where they
  /// should be, or else opens one for each worker.
  static func open(
    _ settings: Settings.Server, passed: [Socket.Listening], before: [Socket.Listening],
    workers: Int, log: Log
  ) throws(StartError) -> FrontDoor {
    do throws(NetError) {
      if let first = passed.first {
        for socket in before { Socket.drop(socket) }
        log.info(
          "serve", "listening on passed sockets; host and port of the configuration do not count",
          ["sockets": passed.compactMap { try? place(of: $0) }.joined(separator: " ")])
        return FrontDoor(passed, host: try address(of: first), port: first.port)
      }
      let fitting = try select(before, settings)
      if let first = fitting.first {
        return FrontDoor(fitting, host: settings.host, port: first.port, isShared: true)
      }
      if !before.isEmpty {
        log.warn(
          "serve", "the gateway before listens elsewhere, and its port is closed",
          ["port": Int(before[0].port)])
      }
      return try openNew(settings, workers)
    } catch {
      throw StartError(listeningAt: settings.host, settings.port, error)
    }
  }

  /// Those that listen where the settings say; the others are dropped.
  private static func select(
    _ sockets: [Socket.Listening], _ settings: Settings.Server
  ) throws(NetError) -> [Socket.Listening] {
    guard !sockets.isEmpty else { return [] }
    var wanted = try SocketAddress.resolve(host: settings.host, port: settings.port)
    var kept: [Socket.Listening] = []
    for socket in sockets {
      if settings.port == 0 || socket.port == settings.port,
        try address(of: socket) == wanted.host
      {
        kept.append(socket)
      } else {
        Socket.drop(socket)
      }
    }
    return kept
  }

  private static func openNew(
    _ settings: Settings.Server, _ count: Int
  ) throws(NetError) -> FrontDoor {
    if try Socket.isTaken(host: settings.host, port: settings.port) {
      throw .system(call: "bind", errno: EADDRINUSE)
    }
    var sockets = [try Socket.listen(host: settings.host, port: settings.port)]
    while sockets.count < count {
      sockets.append(try Socket.listen(host: settings.host, port: sockets[0].port))
    }
    return FrontDoor(sockets, host: settings.host, port: sockets[0].port)
  }

  /// Descriptors for each worker to listen on.
  func shares(for workers: Int) throws(NetError) -> [[Socket.Listening]] {
    try sockets.withLock { (sockets) throws(NetError) in
      var places: [String] = []
      for socket in sockets { places.append(try Self.place(of: socket)) }
      let shares = SocketShares.assign(places, to: workers)
      var result: [[Socket.Listening]] = []
      for share in shares {
        var own: [Socket.Listening] = []
        for index in share {
          var socket = try Socket.duplicate(sockets[index])
          socket.isSplit = shares.count { $0.contains(index) } > 1
          own.append(socket)
        }
        result.append(own)
      }
      return result
    }
  }

  /// Whether it listens on an address that other machines reach.
  var isReachable: Bool {
    sockets.withLock { sockets in
      sockets.contains { socket in
        guard let host = try? Self.address(of: socket) else { return false }
        return !Endpoint(scheme: .http, host: host, port: socket.port).isLoopback
      }
    }
  }

  /// Whether another gateway may listen on the same sockets: then nothing may be done to them that
  /// holds for all.
  var isShared: Bool { shared.load(ordering: .relaxed) }

  /// The other gateway is gone.
  func own() { shared.store(false, ordering: .relaxed) }

  /// Further descriptors of the sockets, for a successor; they are the caller's. None once the door is
  /// closed.
  func lend() -> [Socket.Listening] {
    shared.store(true, ordering: .relaxed)
    return sockets.withLock { $0.compactMap { try? Socket.duplicate($0) } }
  }

  /// Lets go of the sockets; those of the workers stay.
  func close() {
    sockets.withLock { sockets in
      for socket in sockets { Socket.drop(socket) }
      sockets = []
    }
  }

  private static func address(of socket: Socket.Listening) throws(NetError) -> String {
    var address = try SocketAddress.local(of: socket.fd)
    return address.host
  }

  private static func place(of socket: Socket.Listening) throws(NetError) -> String {
    "\(try address(of: socket)):\(socket.port)"
  }
}
