import CCurl
import CLinux
import Glibc

/// Makes connections through libcurl, which resolves, dials, passes proxies and does TLS, on the
/// sockets and timers of one loop.
///
/// Plain connections leave libcurl as a copy of their socket; TLS ones keep their handle.
/// Certificates are always verified. Confined to the loop's thread.
public final class Dialler {
  let loop: EventLoop
  private let multi: UnsafeMutableRawPointer
  private var dials: [UnsafeMutableRawPointer: Dial] = [:]
  private var sockets: [Int32: CurlSocket] = [:]
  private var timer: Timed?

  public init(loop: EventLoop) throws(NetError) {
    self.loop = loop
    guard let multi = curl_multi_init() else {
      throw .system(call: "curl_multi_init", errno: ENOMEM)
    }
    self.multi = multi
    // libcurl calls back with this object only from inside its own functions, which this object
    // calls, so it is alive then.
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = nexus_multi_pointer(multi, CURLMOPT_SOCKETDATA, context)
    _ = nexus_multi_pointer(multi, CURLMOPT_TIMERDATA, context)
    _ = nexus_multi_on_socket(multi) { _, fd, what, context, _ in
      guard let context else { return 0 }
      Unmanaged<Dialler>.fromOpaque(context).takeUnretainedValue().watch(fd, what)
      return 0
    }
    _ = nexus_multi_on_timer(multi) { _, milliseconds, context in
      guard let context else { return 0 }
      Unmanaged<Dialler>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
      return 0
    }
  }

  deinit { curl_multi_cleanup(multi) }

  /// Connects within `timeout` milliseconds. `onStart` is given the dial, so that it can be
  /// interrupted.
  public func connect(
    to target: DialTarget, timeout: UInt64, onStart: (any Interruptible) -> Void = { _ in }
  ) async throws(NetError) -> Transport {
    guard let easy = CurlHandle() else { throw .system(call: "curl_easy_init", errno: ENOMEM) }
    let dial = Dial(easy: easy, target: target, timeout: timeout)
    dial.onInterrupt = { [weak self, weak dial] in
      if let dial { self?.finish(dial, .failure(.interrupted)) }
    }
    dials[easy.pointer] = dial
    onStart(dial)
    let added = curl_multi_add_handle(multi, easy.pointer)
    guard added == CURLM_OK else {
      dials[easy.pointer] = nil
      throw .connect(
        "libcurl refused the connection: \(String(cString: curl_multi_strerror(added)))")
    }
    try await dial.wait()
    return try transport(of: dial)
  }

  /// Ends a TLS connection.
  func discard(_ easy: CurlHandle) { curl_multi_remove_handle(multi, easy.pointer) }

  private func transport(of dial: Dial) throws(NetError) -> Transport {
    let fd = nexus_easy_socket(dial.easy.pointer)
    guard fd >= 0 else { throw .connect("libcurl lost the connection") }
    if let socket = sockets.removeValue(forKey: fd) { socket.forget() }
    guard dial.target.isSecure else {
      // libcurl closes every socket that it has opened, this one and those that came to nothing.
      let own = fcntl(fd, F_DUPFD_CLOEXEC, 0)
      let problem = errno
      discard(dial.easy)
      guard own >= 0 else { throw .system(call: "fcntl", errno: problem) }
      Socket.sendAtOnce(own)
      do throws(NetError) {
        return try Transport(fd: own, loop: loop, readable: false)
      } catch {
        close(own)
        throw error
      }
    }
    let channel = try Channel(fd: fd, loop: loop, readable: true)
    return Transport(channel: channel, secure: SecureStream(easy: dial.easy, dialler: self))
  }

  // MARK: libcurl's wishes

  private func watch(_ fd: Int32, _ what: Int32) {
    if what == CURL_POLL_REMOVE {
      sockets.removeValue(forKey: fd)?.forget()
      return
    }
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
    if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
    if let socket = sockets[fd] {
      socket.want(events)
    } else {
      sockets[fd] = CurlSocket(fd: fd, events: events, dialler: self)
    }
  }

  private func setTimer(_ milliseconds: Int) {
    if let timer { loop.cancelExpiry(timer) }
    timer = nil
    guard milliseconds >= 0 else { return }
    timer = loop.after(UInt64(milliseconds)) { [weak self] in
      self?.timer = nil
      self?.act(on: CURL_SOCKET_TIMEOUT, 0)
    }
  }

  /// Lets libcurl work on a socket, then ends the dials that are decided.
  func act(on fd: Int32, _ events: Int32) {
    var running: Int32 = 0
    curl_multi_socket_action(multi, fd, events, &running)
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let dial = dials[easy]
      else { continue }
      let code = nexus_message_result(message)
      finish(dial, code == CURLE_OK ? .success(()) : .failure(dial.error(code)))
    }
  }

  private func finish(_ dial: Dial, _ result: Result<Void, NetError>) {
    guard dials.removeValue(forKey: dial.easy.pointer) != nil else { return }
    if case .failure = result { curl_multi_remove_handle(multi, dial.easy.pointer) }
    dial.end(result)
  }
}
