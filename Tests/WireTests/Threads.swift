import Foundation

/// A number that threads change.
final class Counter: @unchecked Sendable {  // Guarded by `lock`.
  private let lock = NSLock()
  private var number = 0

  var value: Int {
    lock.lock()
    defer { lock.unlock() }
    return number
  }

  func add(_ more: Int) {
    lock.lock()
    number += more
    lock.unlock()
  }
}

/// A thread that can be waited for.
final class Worker: @unchecked Sendable {  // `isDone` is guarded by `finished`.
  private let finished = NSCondition()
  private var isDone = false

  init(_ work: @escaping @Sendable () -> Void) {
    Thread { [self] in
      work()
      finished.lock()
      isDone = true
      finished.broadcast()
      finished.unlock()
    }.start()
  }

  func join() {
    finished.lock()
    defer { finished.unlock() }
    while !isDone { finished.wait() }
  }
}

extension LoadClient {
  /// Closes the connection after the body.
  func using<Value>(_ body: (LoadClient) throws -> Value) rethrows -> Value {
    defer { close() }
    return try body(self)
  }
}
