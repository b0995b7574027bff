import Foundation
import Glibc

/// A backend that the dialogue plays: it answers surveys by itself and hands over the rest.
final class ScriptedBackend: @unchecked Sendable {  // All that changes is guarded by `changed`.
  /// A request that waits for the dialogue.
  struct Request {
    var peer: Peer
    var head: Head
    /// It came on a connection that had carried a request of the dialogue before.
    var isReused: Bool
  }

  let settings: WireCase.Backend
  private(set) var port: UInt16

  private let changed = NSCondition()
  private var listener: Int32
  private var waiting: [Request] = []
  private var peers: [Peer] = []
  private var surveys = 0

  init(_ settings: WireCase.Backend) throws(CaseFailure) {
    self.settings = settings
    (listener, port) = try Sockets.listen()
    acceptAll(listener)
  }

  var authority: String { "127.0.0.1:\(port)" }

  /// The next request that is no survey; its head is taken off the connection, its body is not.
  func next(until deadline: Date) throws(CaseFailure) -> Request {
    changed.lock()
    defer { changed.unlock() }
    while waiting.isEmpty {
      guard changed.wait(until: deadline) else {
        throw CaseFailure(
          "\(settings.name) waited for a request in vain (\(surveys) surveys came,"
            + " \(peers.count) connections)")
      }
    }
    return waiting.removeFirst()
  }

  /// The start lines of requests that nobody waited for.
  var unclaimed: [String] {
    changed.lock()
    defer { changed.unlock() }
    return waiting.map(\.head.startLine)
  }

  /// How many surveys came.
  var surveyCount: Int {
    changed.lock()
    defer { changed.unlock() }
    return surveys
  }

  /// Looks for the next request on a connection after the dialogue is done with one.
  func release(_ peer: Peer) {
    watch(peer, isReused: true)
  }

  /// From now on, connections are refused; those that exist stay.
  func refuse() {
    changed.lock()
    let old = listener
    listener = -1
    changed.unlock()
    guard old >= 0 else { return }
    _ = shutdown(old, Int32(SHUT_RDWR))
  }

  /// Accepts connections again on the same port.
  func listenAgain() throws(CaseFailure) {
    let (descriptor, _) = try Sockets.listen(port: port)
    changed.lock()
    listener = descriptor
    changed.unlock()
    acceptAll(descriptor)
  }

  /// Closes every idle connection, as a server does whose keep-alive time is over.
  func closeIdle(reset: Bool) {
    changed.lock()
    let all = peers
    changed.unlock()
    for peer in all { peer.close(reset: reset) }
  }

  func stop() {
    refuse()
    closeIdle(reset: false)
  }

  private func acceptAll(_ descriptor: Int32) {
    Thread { [self] in
      while let accepted = Sockets.accept(descriptor) {
        let peer = Peer(name: settings.name, descriptor: accepted)
        changed.lock()
        peers.append(peer)
        changed.unlock()
        watch(peer, isReused: false)
      }
      close(descriptor)
    }.start()
  }

  /// Waits, on a thread of its own, for requests on the connection: answers surveys, and hands
  /// the first other one to the dialogue.
  private func watch(_ peer: Peer, isReused: Bool) {
    Thread { [self] in
      while let head = nextHead(peer) {
        if answerSurvey(head, peer) { continue }
        changed.lock()
        waiting.append(Request(peer: peer, head: head, isReused: isReused))
        changed.broadcast()
        changed.unlock()
        return
      }
    }.start()
  }

  private func nextHead(_ peer: Peer) -> Head? {
    let found: Head?? = try? peer.wait(for: "a request", until: Date() + 3600) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> Head?? in
      if let (head, length) = try Head.parse(buffer) {
        buffer.removeFirst(length)
        return .some(head)
      }
      return end == nil ? nil : .some(nil)
    }
    return found ?? nil
  }

  /// Answers what the gateway asks by itself: every GET. No driver chats with GET.
  private func answerSurvey(_ head: Head, _ peer: Peer) -> Bool {
    guard head.method == "GET" else { return false }
    changed.lock()
    surveys += 1
    changed.unlock()
    switch settings.survey {
    case .models:
      let isList = head.target == "/v1/models"
      peer.send(isList ? response(200, modelList) : response(404, #"{"error":"not here"}"#))
    case .garbage: peer.send(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))
    case .error: peer.send(response(500, #"{"error":"out of order"}"#))
    case .close: peer.close()
    case .silent: break
    }
    return true
  }

  private var modelList: String {
    let entries = settings.models.map {
      #"{"id":"\#($0)","object":"model","created":1700000000,"owned_by":"test"}"#
    }
    return #"{"object":"list","data":[\#(entries.joined(separator: ","))]}"#
  }

  private func response(_ status: Int, _ body: String) -> [UInt8] {
    Array(
      """
      HTTP/1.1 \(status) Test\r
      Content-Type: application/json\r
      Content-Length: \(body.utf8.count)\r
      \r
      \(body)
      """.utf8)
  }
}
