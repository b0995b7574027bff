import HTTP
import Net

/// Reads a reply on that nobody wants any more, for servers that do not bear to be broken off: the
/// driver goes on being shown the bytes, which are dropped as they come.
///
/// Confined to its loop's thread.
public final class ReplyDrain: ReadStep {
  private let call: UpstreamCall
  private let loop: EventLoop
  private let deadline: UInt64

  /// `deadline`: when to give up, in milliseconds of the loop's clock.
  public init(_ call: UpstreamCall, loop: EventLoop, deadline: UInt64) {
    self.call = call
    self.loop = loop
    self.deadline = deadline
  }

  /// Returns whether the reply has come to its end. `scope` ends the wait early.
  public func run(in scope: CancelScope) async -> Bool {
    call.deadline = deadline
    guard await call.resume(in: scope) else { return false }
    if take(call.showBody()) { _ = await call.drive(self) }
    scope.detach()
    return isAtEnd
  }

  public func step() -> Bool {
    guard let progress = call.advanceNow() else { return isInTime }
    return take(progress)
  }

  private var isAtEnd: Bool { call.lastError == nil && !call.isOwedReply }
  private var isInTime: Bool { loop.now < deadline }

  /// Drops what has come. Returns whether there is more to read.
  private func take(_ progress: UpstreamCall.Progress) -> Bool {
    var progress = progress
    // Whatever the driver thinks of the reply, the server is to get rid of it.
    while case .verdict = progress, call.lastError == nil, call.isOwedReply {
      progress = call.showBody()
    }
    call.emitted.removeAll(keepingCapacity: true)
    call.consume(call.position)
    call.connection?.releaseInput()
    return call.lastError == nil && call.isOwedReply && isInTime
  }
}
