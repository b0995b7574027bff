import Net

/// What the world around the process wants of it: signals, the service manager, passed sockets.
struct Launch {
  let events: ProcessEvents
  let service: ServiceManager
  /// Listening sockets that were passed.
  let sockets: [Socket.Listening]
  /// Whether to take the place of a gateway that runs.
  let takesOver: Bool

  /// For the start, before there are threads: they inherit the mask of signals and share the
  /// environment.
  init(takesOver: Bool) throws(StartError) {
    self.takesOver = takesOver
    events = ProcessEvents()
    service = ServiceManager.fromEnvironment()
    sockets = try InheritedSockets.take()
  }
}
