import Fleet
import Net

/// A request's place in the queue, on the side of the request. Confined to its loop's thread.
final class QueueTicket: Timed, Interruptible {
  enum Event {
    /// It is its turn: a place has become free, and is held for it until it says otherwise; nil if
    /// something else has changed.
    case called(Occupancy?)
    /// It has waited long enough.
    case timedOut
    /// Its client has gone, or the gateway stops.
    case cancelled
  }

  private var waiter: UnsafeContinuation<Void, Never>?
  private var call: Event?
  private var isTimedOut = false
  private var isCancelled = false
  private var hasLeft = false

  /// Whether a call would still be heard.
  private var listens: Bool { !hasLeft && call == nil && !isTimedOut && !isCancelled }

  /// Calls the request. False if it does not need it any more.
  func call(_ place: Occupancy?) -> Bool {
    guard listens else { return false }
    call = .called(place)
    resume()
    return true
  }

  override func expire() {
    isTimedOut = true
    resume()
  }

  func interrupt() {
    isCancelled = true
    resume()
  }

  /// The next that happens.
  func next() async -> Event {
    if call == nil, !isTimedOut, !isCancelled {
      await withUnsafeContinuation { waiter = $0 }
    }
    if isCancelled { return .cancelled }
    guard let call else { return .timedOut }
    self.call = nil
    return call
  }

  /// It hears nothing any more. Returns a call that it has not followed.
  func leave() -> Event? {
    hasLeft = true
    defer { call = nil }
    return call
  }

  private func resume() {
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume()
  }
}
