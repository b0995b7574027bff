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

  private init(_ sockets: [Socket.Listening], host: String, port: UInt16) {
    self.port = port
    url = Endpoint(scheme: .http, host: host, port: port).url
    self.sockets = Mutex(sockets)
  }

  /// Takes the sockets that were passed, if there are any, or else opens one for each worker.
  static func open(
    _ settings: Settings.Server, passed: [Socket.Listening], workers: Int, log: Log
  ) throws(StartError) -> FrontDoor {
    if let first = passed.first {
      let host = (try? address(of: first)) ?? settings.host
      let places = passed.compactMap { try? place(of: $0) }
      log.info(
        "serve", "listening on passed sockets; host and port of the configuration do not count",
        ["sockets": places.joined(separator: " ")])
      return FrontDoor(passed, host: host, port: first.port)
    }
    do throws(NetError) {
      if try Socket.isTaken(host: settings.host, port: settings.port) {
        throw .system(call: "bind", errno: EADDRINUSE)
      }
      var sockets = [try Socket.listen(host: settings.host, port: settings.port)]
      while sockets.count < workers {
        sockets.append(try Socket.listen(host: settings.host, port: sockets[0].port))
      }
      return FrontDoor(sockets, host: settings.host, port: sockets[0].port)
    } catch {
      throw StartError(listeningAt: settings.host, settings.port, error)
    }
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
