import Config
import Glibc
import HTTP
import Net
import Text

/// The successor's side of a take-over (`Handover`): gets the listening sockets and the state
/// directory of the gateway that runs, and lets it go once the doors are open. Blocks the calling
/// thread: for the start.
///
/// As long as `finish` has not been called, the end of this process leaves the other as it was.
final class Succession: Sendable {
  /// The sockets on which the other gateway listens.
  let sockets: [Socket.Listening]
  private let line: Int32

  /// How long an answer of the other gateway may take, in milliseconds.
  private static let patience: UInt64 = 15_000

  private init(line: Int32, sockets: [Socket.Listening]) {
    self.line = line
    self.sockets = sockets
  }

  /// Asks the gateway that runs, as `settings` name it, for its sockets. Nil if there is none.
  static func begin(_ settings: Settings.Server) throws(StartError) -> Succession? {
    let finder = GatewayFinder(
      named: settings.controlSocket, port: settings.port == 0 ? nil : settings.port,
      preferredPort: nil,
      directories: ControlSocketPath.forClient(
        environment: ControlSocket.environment, user: geteuid()))
    let path: String
    do throws(ControlError) {
      path = try finder.find()
    } catch .notRunning {
      return nil
    } catch {
      throw StartError("cannot take over: \(error)")
    }
    do {
      return try begin(at: path)
    } catch {
      throw StartError(
        "cannot take over from the gateway at \(path): \(error)."
          + " Stop it, and start without --take-over.")
    }
  }

  private static func begin(at path: String) throws(NetError) -> Succession {
    let line = try Socket.connectLocal(path: path, within: GatewayFinder.patience)
    do throws(NetError) {
      let body = JSONText.object { text in
        text.member("pid", Int(getpid()))
        text.member("version", NexusVersion.text)
      }
      let head =
        "POST /takeover HTTP/1.1\r\nhost: nexus\r\ncontent-type: application/json\r\n"
        + "content-length: \(body.count)\r\nconnection: close\r\n\r\n"
      try Socket.sendAll(Array(head.utf8) + body, to: line, until: deadline)
      let offer = try readLine(line).split(separator: " ")
      guard offer.count == 2, offer[0] == "sockets", let count = Int(offer[1]), count > 0 else {
        throw .connect("it answers '\(offer.joined(separator: " "))'")
      }
      var sockets: [Socket.Listening] = []
      for _ in 0..<count {
        let (byte, fd) = try Socket.receivePassed(from: line, until: deadline)
        guard let fd else { throw .connect("it passed no socket") }
        sockets.append(try Socket.adopt(fd, isShared: byte == UInt8(ascii: "s")))
      }
      return Succession(line: line, sockets: sockets)
    } catch {
      close(line)
      throw error
    }
  }

  /// Has the other gateway let go of the state directory; until then it may not be opened.
  func takeState() throws(StartError) {
    do throws(NetError) {
      try Socket.sendAll(Array("state\n".utf8), to: line, until: Self.deadline)
      guard try Self.readLine(line) == "state" else { throw .closed(errno: EPROTO) }
    } catch {
      throw StartError(
        "cannot take over: the other gateway does not give its state away: \(error).")
    }
  }

  /// Tells the other gateway that the doors are open, whereupon it retires. Says why it may not have
  /// heard it, or nil.
  func finish() -> NetError? {
    defer { close(line) }
    do throws(NetError) {
      try Socket.sendAll(Array("open\n".utf8), to: line, until: Self.deadline)
      let answer = try Self.readLine(line)
      return answer.hasPrefix("HTTP/1.1 200") ? nil : .connect("it answers '\(answer)'")
    } catch {
      return error
    }
  }

  private static var deadline: UInt64 { MonotonicClock.milliseconds() + patience }

  /// A line, read byte by byte: what comes behind it may bring descriptors.
  private static func readLine(_ fd: Int32) throws(NetError) -> String {
    var bytes: [UInt8] = []
    let deadline = deadline
    while bytes.count < 200 {
      let (byte, stray) = try Socket.receivePassed(from: fd, until: deadline)
      if let stray { close(stray) }
      if byte == UInt8(ascii: "\n") { break }
      if byte != UInt8(ascii: "\r") { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
