import Foundation
import Glibc

/// The Chrome DevTools Protocol over pipes: JSON messages, each ended by a zero byte
/// (https://chromedevtools.github.io/devtools-protocol/).
final class DevTools: @unchecked Sendable {  // All that changes is guarded by `lock`.
  /// What a session is told.
  struct Event: Sendable {
    let method: String
    let params: JSONValue
  }

  private struct Call {
    let method: String
    let answer: CheckedContinuation<JSONValue, any Error>
  }

  private let lock = NSLock()
  private let writing: Int32
  private var isOpen = true
  private var lastID = 0
  private var calls: [Int: Call] = [:]
  private var listeners: [String: @Sendable (Event) -> Void] = [:]

  /// Takes both descriptors over.
  init(reading: Int32, writing: Int32) {
    self.writing = writing
    let thread = Thread { [self] in
      readAll(reading)
      Glibc.close(reading)
    }
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Calls `listener` with every event of the session, on the thread that reads.
  func listen(to session: String, _ listener: @escaping @Sendable (Event) -> Void) {
    lock.withLock { listeners[session] = listener }
  }

  func forget(_ session: String) { _ = lock.withLock { listeners.removeValue(forKey: session) } }

  /// Has a method done; its result. Without a session it is for the browser itself.
  @discardableResult
  func call(
    _ method: String, _ params: JSONValue = [:], session: String? = nil, within seconds: Double = 20
  ) async throws -> JSONValue {
    try await withCheckedThrowingContinuation { answer in
      let id = lock.withLock {
        lastID += 1
        calls[lastID] = Call(method: method, answer: answer)
        return lastID
      }
      var message: [String: JSONValue] = [
        "id": .number(Double(id)), "method": .string(method), "params": params,
      ]
      message["sessionId"] = session.map { .string($0) }
      if !write(JSONValue.object(message).data + [0]) {
        finish(id, .failure(CaseFailure("\(method): Chromium has gone")))
      }
      DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
        self?.finish(id, .failure(CaseFailure("\(method) was not done in \(seconds) s")))
      }
    }
  }

  /// Fails all calls under way; Chromium ends by it.
  func close() {
    let wasOpen = lock.withLock {
      defer { isOpen = false }
      return isOpen
    }
    if wasOpen { Glibc.close(writing) }
  }

  private func write(_ bytes: Data) -> Bool {
    lock.withLock {
      guard isOpen else { return false }
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.write(writing, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  private func finish(_ id: Int, _ result: Result<JSONValue, any Error>) {
    lock.withLock { calls.removeValue(forKey: id) }?.answer.resume(with: result)
  }

  private func readAll(_ descriptor: Int32) {
    var room = [UInt8](repeating: 0, count: 256 * 1024)
    var message = Data()
    while true {
      let count = read(descriptor, &room, room.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      var rest = room[..<count]
      while let end = rest.firstIndex(of: 0) {
        message += rest[..<end]
        take(message)
        message = Data()
        rest = rest[(end + 1)...]
      }
      message += rest
    }
    for id in lock.withLock({ Array(calls.keys) }) {
      finish(id, .failure(CaseFailure("Chromium has gone")))
    }
  }

  private func take(_ data: Data) {
    guard let message = JSONValue(parsing: data) else { return }
    if let id = message["id"].number.map({ Int($0) }) {
      let fault = message["error"]["message"].string
      let method = lock.withLock { calls[id]?.method } ?? ""
      finish(
        id, fault.map { .failure(CaseFailure("\(method): \($0)")) } ?? .success(message["result"]))
    } else if let method = message["method"].string {
      let listener = lock.withLock { listeners[message["sessionId"].string ?? ""] }
      listener?(Event(method: method, params: message["params"]))
    }
  }
}
