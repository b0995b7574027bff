import Fleet
import HTTP
import Net

/// Who watches over a WebSocket. Confined to the loop of its worker.
final class WebSocketWatcher: LiveWatcher {
  let kind: WatchedMessages.Kind
  private let socket: WebSocketConnection
  private let feed: LiveFeed
  private let loop: EventLoop
  /// Counts it as one who watches.
  private let place: InFlight

  init(
    _ kind: WatchedMessages.Kind, _ socket: WebSocketConnection, feed: LiveFeed, loop: EventLoop,
    place: consuming InFlight
  ) {
    self.kind = kind
    self.socket = socket
    self.feed = feed
    self.loop = loop
    self.place = place
  }

  /// Watches until one side ends it; tells how that was. `early`: what came behind the handshake.
  func run(early: [UInt8]) async -> WebSocketEnd {
    feed.join(self, on: loop)
    defer { feed.leave(self) }
    return await socket.run(early: early)
  }

  func take(_ messages: WatchedMessages) { socket.send(messages.frames) }

  /// There will be nothing more to see here.
  func end(_ why: String) { socket.end(.goingAway, why) }
}
