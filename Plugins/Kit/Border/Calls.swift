import NexusPluginABI

/// The three calls of the ABI, turned into calls of an `Exchange`. A driver names these in its
/// table; nothing else of the Kit is called from outside.
public enum Calls {
  /// `nexus_driver.begin` for a driver whose exchanges `make` creates.
  public static func begin(
    _ operation: UnsafePointer<nexus_operation>?, _ sink: UnsafeMutablePointer<nexus_sink>?,
    _ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ make: (Operation) -> Exchange?
  ) -> UInt32 {
    guard let operation, let sink, let exchange else { return Verdict.failed.rawValue }
    exchange.pointee = nil
    let target = Sink(sink)
    guard let asked = Operation(operation), let made = make(asked) else {
      return target.fail(.unsupported, "this driver does not know the operation").rawValue
    }
    // The host keeps the object by its address until it calls end(), which releases it.
    exchange.pointee = Unmanaged.passRetained(made).toOpaque()
    return made.begin(asked, target).rawValue
  }

  /// `nexus_driver.resume`.
  public static func resume(
    _ exchange: UnsafeMutableRawPointer?, _ reply: UnsafePointer<nexus_reply>?,
    _ sink: UnsafeMutablePointer<nexus_sink>?
  ) -> UInt32 {
    guard let exchange, let reply, let sink else { return Verdict.failed.rawValue }
    let piece = known(reply, size: reply.pointee.size, zero: nexus_reply())
    // The host holds the object for the whole call, so it need not be retained for it.
    return Unmanaged<Exchange>.fromOpaque(exchange)._withUnsafeGuaranteedRef {
      $0.take(piece, Sink(sink)).rawValue
    }
  }

  /// `nexus_driver.end`.
  public static func end(_ exchange: UnsafeMutableRawPointer?) {
    guard let exchange else { return }
    Unmanaged<Exchange>.fromOpaque(exchange).release()
  }
}

extension Exchange {
  /// Hands a piece of the reply to the method that is made for it.
  fileprivate func take(_ piece: nexus_reply, _ sink: Sink) -> Verdict {
    switch piece.event {
    case UInt32(NEXUS_REPLY_HEAD): return head(Head(piece), sink)
    case UInt32(NEXUS_REPLY_BODY): return body(piece.bytes.buffer.span, sink)
    case UInt32(NEXUS_REPLY_END): return end(sink)
    default: return broken(Cause(rawValue: piece.cause) ?? .closed, sink)
    }
  }
}
