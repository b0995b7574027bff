import CCurl
import Glibc

/// TLS on a connection that libcurl dialled: it keeps the handle and moves the bytes through it.
///
/// Confined to the thread of its dialler's loop.
final class SecureStream {
  private let easy: CurlHandle
  private weak var dialler: Dialler?

  init(easy: CurlHandle, dialler: Dialler) {
    self.easy = easy
    self.dialler = dialler
  }

  /// Like recv(2): bytes read, 0 at the end, or -1 with errno.
  func receive(into room: UnsafeMutableRawBufferPointer) -> Int {
    var count = 0
    let code = curl_easy_recv(easy.pointer, room.baseAddress, room.count, &count)
    return result(code, count)
  }

  /// Like send(2).
  func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    var count = 0
    let code = curl_easy_send(easy.pointer, bytes.baseAddress, bytes.count, &count)
    return result(code, count)
  }

  func close() { dialler?.discard(easy) }

  private func result(_ code: CURLcode, _ count: Int) -> Int {
    switch code {
    case CURLE_OK: return count
    case CURLE_AGAIN:
      errno = EAGAIN
      return -1
    default:
      errno = ECONNRESET
      return -1
    }
  }
}
