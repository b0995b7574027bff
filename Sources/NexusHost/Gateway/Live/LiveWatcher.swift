/// Somebody who watches over a WebSocket. Confined to the loop of its worker.
protocol LiveWatcher: AnyObject {
  var kind: WatchedMessages.Kind { get }

  /// Sends them, or gives the watcher up if it does not take what it was sent before. Does not wait.
  func take(_ messages: WatchedMessages)
}
