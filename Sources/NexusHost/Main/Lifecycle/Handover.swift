import Control
import Gateway
import Glibc
import HTTP
import Net
import Synchronization
import Telemetry
import Text

/// Hands the port over to a successor that asks for it on the control socket (`Succession`), without
/// a connection being refused or reset.
///
/// The successor gets the listening sockets, then the state directory, and when its doors are open
/// this process retires. Until then nothing changes for clients: if the successor dies, all goes on
/// as before.
final class Handover: Sendable {
  private let door: FrontDoor
  private let state: StateStore
  private let beforeLending: @Sendable () -> Void
  private let loop: EventLoop
  private let events: ProcessEvents
  private let log: Log
  private let isBusy = Atomic<Bool>(false)

  /// How long the successor may take for a step, in milliseconds.
  private static let patience: UInt64 = 60_000

  /// `beforeLending`: has written what the successor should know.
  init(
    door: FrontDoor, state: StateStore, beforeLending: @escaping @Sendable () -> Void,
    loop: EventLoop, events: ProcessEvents, log: Log
  ) {
    self.door = door
    self.state = state
    self.beforeLending = beforeLending
    self.loop = loop
    self.events = events
    self.log = log
  }

  /// `POST /takeover`: a dialogue of lines, before the answer (docs/CONTROL.md).
  var route: AdminRoute {
    AdminRoute(.post, "/takeover") { [self] request async throws(AdminError) in
      guard !isBusy.exchange(true, ordering: .relaxed) else {
        throw AdminError(409, "busy", "Another process is taking over, or the gateway stops.")
      }
      let sockets = door.lend()
      defer { for socket in sockets { Socket.drop(socket) } }
      guard !sockets.isEmpty else { throw AdminError(409, "busy", "The gateway stops.") }
      do throws(NetError) {
        let successor = try await serve(request, sockets)
        // It stays busy: there is nothing left to be taken over.
        events.post(.retire(successor: successor))
        return AdminAnswer(JSONText.object { $0.member("retiring", true) })
      } catch {
        goOn(because: error)
        isBusy.store(false, ordering: .relaxed)
        throw AdminError(400, "takeover_failed", "The take-over was broken off: \(error).")
      }
    }
  }

  /// Returns the successor's process once its doors are open.
  private func serve(
    _ request: AdminRequest, _ sockets: [Socket.Listening]
  ) async throws(NetError) -> Int32 {
    let document = JSONDocument(request.body)
    let pid = document.map { Int32(clamping: $0.integer($0.member("pid")) ?? 0) } ?? 0
    log.info("serve", "a successor takes over", ["pid": Int(pid)])
    // A descriptor of its own, since the server watches the connection too.
    let line = HandoverLine(
      try Transport(
        fd: try Socket.duplicate(request.descriptor), loop: loop, readable: true), Self.patience)
    defer { line.close() }
    try await line.say("sockets \(sockets.count)")
    for socket in sockets {
      try await line.transport.pass(UInt8(ascii: socket.isShared ? "s" : "o"), socket.fd)
    }
    try await line.expect("state")
    beforeLending()
    state.lend()
    try await line.say("state")
    try await line.expect("open")
    return pid
  }

  private func goOn(because error: NetError) {
    door.own()
    log.warn(
      "serve", "the successor is gone; this gateway goes on", ["reason": error.description])
    do {
      try state.reclaim()
    } catch {
      log.warn("state", "\(error)")
    }
  }
}

/// The dialogue's lines. Confined to the loop's thread.
private final class HandoverLine {
  let transport: Transport
  private let patience: UInt64
  private let input = ByteBuffer()

  init(_ transport: Transport, _ patience: UInt64) {
    self.transport = transport
    self.patience = patience
  }

  func say(_ text: String) async throws(NetError) {
    let list = GatherList()
    list.copy(Array("\(text)\n".utf8))
    transport.channel.setDeadline(after: patience)
    try await transport.send(list)
  }

  /// Waits for the line, the only one that makes sense now.
  func expect(_ text: String) async throws(NetError) {
    let wanted = Array("\(text)\n".utf8)
    transport.channel.setDeadline(after: patience)
    while input.count < wanted.count {
      guard try await transport.receive(into: input) > 0 else { throw .closed(errno: 0) }
    }
    guard input.bytes(0..<wanted.count) == wanted else { throw .closed(errno: EPROTO) }
    input.consume(wanted.count)
  }

  func close() { transport.close() }
}
