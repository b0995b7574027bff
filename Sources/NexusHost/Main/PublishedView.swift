import Gateway
import Synchronization

/// What the workers go by now, for whoever else wants to know. Any thread.
final class PublishedView: Sendable {
  private let view: Mutex<GatewayView>

  init(_ view: GatewayView) { self.view = Mutex(view) }

  var current: GatewayView { view.withLock { $0 } }

  /// Notes what the workers were handed.
  func replace(with view: GatewayView) { self.view.withLock { $0 = view } }
}
