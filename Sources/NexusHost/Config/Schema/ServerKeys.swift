extension SettingsTable {
  /// A time of a connection in milliseconds, up to a day.
  private static let milliseconds = SettingKind.whole(1...86_400_000)

  static let server: [SettingSpec<Settings>] = [
    .init(
      "server.host", .host, \.server.host, live: false, variable: "NEXUS_HOST",
      flag: .value("--host", short: "-H", "ADDRESS", "address to listen on"),
      """
      Address to listen on. 127.0.0.1 serves this machine alone, 0.0.0.0 (or :: for IPv6 too) \
      everybody who can reach it.
      """),
    .init(
      "server.port", .whole(1...65_535), \.server.port, live: false, variable: "NEXUS_PORT",
      flag: .value(
        "--port", short: "-p", "PORT", "port to listen on; 0 takes a free one",
        as: .whole(0...65_535)),
      "Port to listen on. On the command line alone, 0 takes a free one and prints it."),
    .init(
      "server.threads", .whole(1...256), \.server.threads, live: false,
      flag: .value("--threads", "N", "worker threads"), absence: "one per core", example: "4",
      "Threads that serve requests."),
    .init(
      "server.request_timeout_seconds", .whole(1...86_400), \.server.requestTimeoutSeconds,
      """
      Time until an answer begins, over all attempts together, in seconds; of an answer that is \
      not streamed, until it is complete.
      """),
    .init(
      "server.max_concurrent_requests", .whole(1...1_000_000), \.server.maxConcurrentRequests,
      "Requests for models that are served at once. Further ones are answered with 503."),
    .init(
      "server.max_body", .size(1_024...(1 << 30)), \.server.maxBody,
      flag: .value("--max-body", "BYTES", "largest request body, e.g. 10MiB"),
      "Largest request body. A larger one is answered with 413."),
    .init(
      "server.header_timeout_ms", milliseconds, \.server.headerTimeout,
      flag: .value("--header-timeout", "MS", "time for a client's request head"),
      "Time for a client's request head, in milliseconds."),
    .init(
      "server.body_timeout_ms", milliseconds, \.server.bodyTimeout,
      flag: .value("--body-timeout", "MS", "longest pause in a client's request body"),
      "Longest pause in a client's request body, in milliseconds."),
    .init(
      "server.idle_timeout_ms", milliseconds, \.server.idleTimeout,
      flag: .value("--idle-timeout", "MS", "how long an idle client stays connected"),
      "How long a client without a request stays connected, in milliseconds."),
    .init(
      "server.drain_timeout_seconds", .whole(0...86_400), \.server.drainTimeoutSeconds,
      flag: .value("--drain-timeout", "SECONDS", "how long a stop waits for requests"),
      """
      How long a stop waits for requests that are under way, in seconds. Streams that are still \
      open then end with an error event.
      """),
    .init(
      "server.control_socket", .path, \.server.controlSocket, live: false,
      variable: "NEXUS_CONTROL_SOCKET",
      flag: .value("--control-socket", "PATH", "socket for administration"),
      absence: "control-PORT.sock in the runtime directory",
      example: "\"/run/nexus/control.sock\"",
      """
      Unix socket over which the commands of `nexus` speak to a running gateway. The runtime \
      directory is $RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR/nexus, else /run/nexus for root, else \
      /tmp/nexus-UID.
      """),
    .init(
      "server.state_directory", .path, \.server.stateDirectory, live: false,
      variable: "NEXUS_STATE_DIRECTORY",
      flag: .value("--state-dir", "DIR", "directory of what outlives a restart"),
      absence: "$STATE_DIRECTORY, else $XDG_STATE_HOME/nexus, else ~/.local/state/nexus",
      example: "\"/var/lib/nexus\"",
      """
      Directory of what outlives a restart: backends that were added by command, and which are \
      drained.
      """),
  ]

  static let upstream: [SettingSpec<Settings>] = [
    .init(
      "upstream.connect_timeout_ms", milliseconds, \.upstream.connectTimeout,
      flag: .value("--connect-timeout", "MS", "time to reach a backend"),
      "Time to reach a backend, TLS included, in milliseconds."),
    .init(
      "upstream.first_byte_timeout_ms", milliseconds, \.upstream.firstByteTimeout,
      flag: .value("--first-byte-timeout", "MS", "time until a backend begins to answer"),
      """
      Time until a backend begins to answer, in milliseconds. Loading a large model counts, so \
      give it minutes.
      """),
    .init(
      "upstream.idle_timeout_ms", milliseconds, \.upstream.idleTimeout,
      flag: .value("--stream-idle-timeout", "MS", "longest pause inside a backend's answer"),
      "Longest pause inside a backend's answer, in milliseconds."),
  ]

  static let plugins: [SettingSpec<Settings>] = [
    .init(
      "plugins.directory", .path, \.plugins.directory, live: false,
      flag: .value("--plugins", "DIR", "directory of the drivers"),
      absence: "../lib/nexus, then /usr/lib/nexus",
      example: "\"/usr/lib/nexus\"",
      """
      Directory of the drivers; the default is beside the program. Neither it nor a file in it may \
      be writable by others.
      """)
  ]
}
