import HTTP

/// What all watchers of one kind are sent at a time: made once, as WebSocket frames. Any thread.
final class WatchedMessages: Sendable {
  /// What a watcher wants to see.
  enum Kind: Sendable, CaseIterable {
    /// JSON messages for programs: BackendStatus, ModelChange, RequestComplete and the like.
    case api
    /// The sections of the page that have changed, as HTML.
    case page
  }

  /// Whole frames, one behind the other.
  let frames: [UInt8]

  /// One text message for each of the JSON texts.
  init(_ texts: [[UInt8]]) {
    var frames: [UInt8] = []
    for text in texts { FrameWriter.append(.text, text, to: &frames) }
    self.frames = frames
  }
}
