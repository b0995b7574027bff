import Glibc
import HTTP
import Net

/// A connection to a gateway's control socket, made with the first exchange and after it broke. Blocks
/// the calling thread; for one thread at a time.
final class ControlConnection {
  private let path: String
  private var fd: Int32?

  init(_ path: String) { self.path = path }

  deinit { close() }

  var isOpen: Bool { fd != nil }

  /// Sends a request and gives back its answer.
  func exchange(
    _ request: [UInt8], within milliseconds: UInt64
  ) throws(ControlError) -> (status: Int, body: [UInt8]) {
    let fd = try open()
    let deadline = MonotonicClock.milliseconds() + milliseconds
    var reply = ControlReply()
    do {
      try Socket.sendAll(request, to: fd, until: deadline)
      while try !reply.isComplete {
        let more = try Socket.receiveSome(from: fd, until: deadline)
        guard !more.isEmpty else { throw ControlError.broken("the connection was closed") }
        reply.bytes += more
      }
    } catch {
      close()
      throw error as? ControlError ?? .broken("\(error)")
    }
    return (reply.status, reply.body)
  }

  private func open() throws(ControlError) -> Int32 {
    if let fd { return fd }
    do {
      let new = try Socket.connectLocal(path: path, within: GatewayFinder.patience)
      fd = new
      return new
    } catch .system(_, EACCES) {
      throw .notAllowed(path)
    } catch {
      throw .notRunning("\(path): \(error)")
    }
  }

  private func close() {
    if let fd { Glibc.close(fd) }
    fd = nil
  }
}

/// A reply as it comes in.
private struct ControlReply {
  var bytes: [UInt8] = []
  private(set) var status = 0
  private(set) var body: [UInt8] = []

  /// Whether the reply has come to its end; looks from its start each time, since replies are short.
  var isComplete: Bool {
    mutating get throws(ControlError) {
      do throws(HTTPParseError) {
        var parser = HeadParser()
        var head = ResponseHead()
        guard let start = try parser.response(bytes.span, toHead: false, into: &head) else {
          return false
        }
        status = head.status
        var decoder = BodyDecoder(head.framing)
        var position = start
        body = []
        while true {
          switch try decoder.next(bytes.span, from: position) {
          case .data(let range):
            body += bytes[range]
            position = range.upperBound
          case .more: return false
          case .end: return true
          }
        }
      } catch {
        throw .broken("its answer is not HTTP: \(error.message)")
      }
    }
  }
}
