import CCurl
import CLinux

/// A socket that libcurl is still working on, watched for what it asks.
final class CurlSocket: EventHandler {
  private let fd: Int32
  private weak var dialler: Dialler?
  private var tag: UInt64?

  init(fd: Int32, events: UInt32, dialler: Dialler) {
    self.fd = fd
    self.dialler = dialler
    tag = try? dialler.loop.watch(fd, events: events, handler: self)
  }

  func want(_ events: UInt32) {
    if let tag { dialler?.loop.rewatch(fd, tag: tag, events: events) }
  }

  func forget() {
    if let tag { dialler?.loop.forget(fd, tag: tag) }
    tag = nil
  }

  func handle(_ events: UInt32) {
    var mask: Int32 = 0
    if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
    if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
    if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
    dialler?.act(on: fd, mask)
  }
}
