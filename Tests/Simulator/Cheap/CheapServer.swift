/// A backend that answers everything from memory: what benchmarks put behind a proxy.
///
/// `POST` with any path answers a chat completion of about 430 bytes, or, by the model's name, a
/// burst of 64 events or a stream with an event each 10 ms or each second. Bodies are read and dropped.
final class CheapServer {
  let name: String
  let loop: Loop
  let replies = CheapReplies()
  /// Streams with an event each 10 ms, and each second.
  let streams: CheapStreams
  let slowStreams: CheapStreams
  var requests = 0
  var openConnections = 0
  private(set) var listener: Listener?

  init(_ name: String, _ loop: Loop) {
    self.name = name
    self.loop = loop
    streams = CheapStreams(loop, period: 10)
    slowStreams = CheapStreams(loop, period: 1000)
  }

  var openStreams: Int { streams.count + slowStreams.count }

  func open(_ host: String, _ port: UInt16) -> Bool {
    listener = Listener(loop, host, port) { [weak self] socket in
      guard let self else { return }
      openConnections += 1
      _ = CheapConnection(self, socket)
    }
    return listener != nil
  }
}
