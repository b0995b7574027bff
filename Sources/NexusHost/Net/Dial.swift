import CCurl
import Glibc

/// One attempt to connect.
final class Dial: Interruptible {
  let easy: CurlHandle
  let target: DialTarget
  var onInterrupt: () -> Void = {}
  private var waiter: UnsafeContinuation<Void, Never>?
  private var result: Result<Void, NetError>?
  /// Where libcurl writes what went wrong; it lives as long as the handle.
  private let message: UnsafeMutablePointer<CChar>

  init(easy: CurlHandle, target: DialTarget, timeout: UInt64) {
    self.easy = easy
    self.target = target
    message = .allocate(capacity: Int(CURL_ERROR_SIZE))
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure(timeout: timeout)
  }

  deinit {
    _ = nexus_easy_pointer(easy.pointer, CURLOPT_ERRORBUFFER, nil)
    message.deallocate()
  }

  private func configure(timeout: UInt64) {
    let handle = easy.pointer
    _ = nexus_easy_string(handle, CURLOPT_URL, target.url)
    _ = nexus_easy_long(handle, CURLOPT_CONNECT_ONLY, 1)
    _ = nexus_easy_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = nexus_easy_long(handle, CURLOPT_FRESH_CONNECT, 1)
    _ = nexus_easy_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: timeout))
    _ = nexus_easy_pointer(handle, CURLOPT_ERRORBUFFER, message)
    if target.isSecure {
      _ = nexus_easy_long(handle, CURLOPT_HTTPPROXYTUNNEL, 1)
      _ = nexus_easy_long(handle, CURLOPT_SSL_ENABLE_ALPN, 0)
      if let file = target.caFile { _ = nexus_easy_string(handle, CURLOPT_CAINFO, file) }
    } else {
      // A server in the house is not reached through the proxy of the way out.
      _ = nexus_easy_string(handle, CURLOPT_PROXY, "")
    }
  }

  func wait() async throws(NetError) {
    if result == nil { await withUnsafeContinuation { waiter = $0 } }
    if case .failure(let error) = result { throw error }
  }

  func end(_ result: Result<Void, NetError>) {
    self.result = result
    let continuation = waiter
    waiter = nil
    continuation?.resume()
  }

  func interrupt() { onInterrupt() }

  /// What a result code of libcurl means for routing, with libcurl's own words.
  func error(_ code: CURLcode) -> NetError {
    let detail = String(cString: message)
    let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return .timedOut
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
      return .tls(text)
    default: return .connect(text)
    }
  }
}
