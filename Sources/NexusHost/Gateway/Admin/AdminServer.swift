import HTTP
import Net

/// Takes administrators' requests on a local socket, on the control loop.
///
/// `@unchecked Sendable`: the mutable state is touched on the loop's thread only; other threads post
/// to it.
public final class AdminServer: @unchecked Sendable {
  private let loop: EventLoop
  private let socket: Socket.LocalListening
  private let routes: [AdminRoute]
  private let trouble: @Sendable (NetError) -> Void
  private var listener: Listener?

  /// Takes over the socket. `trouble` hears why a connection could not be taken, on the loop's
  /// thread.
  public init(
    loop: EventLoop, socket: Socket.LocalListening, routes: [AdminRoute],
    trouble: @escaping @Sendable (NetError) -> Void
  ) {
    self.loop = loop
    self.socket = socket
    self.routes = routes
    self.trouble = trouble
  }

  /// Serves until `stop()`. Any thread.
  public func start() {
    loop.spawn { [self] in
      do throws(NetError) {
        let listener = try Listener(socket.listening, loop: loop)
        self.listener = listener
        await listener.run(serve: { accept($0) }, trouble: trouble)
      } catch {
        trouble(error)
      }
    }
  }

  /// Takes no more connections, and removes the socket's file if it is still ours; requests under
  /// way go on. Any thread.
  public func stop() {
    socket.removeFile()
    loop.post { [self] in listener?.stop() }
  }

  private func accept(_ fd: Int32) {
    do {
      let transport = try Transport(fd: fd, loop: loop, readable: true)
      let session = LoopBound(AdminSession(transport: transport, loop: loop, routes: routes))
      loop.spawn { await session.value.run() }
    } catch {
      trouble(error)
    }
  }
}
