import Foundation
import Glibc

/// A headless Chromium that takes orders over a pair of pipes, with a profile of its own.
///
/// It ends when it is told to, and also when this process ends, since its pipes close then.
final class ChromiumProcess: Sendable {
  /// Where it is installed; nil if it is not.
  static let path: String? = [
    "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
  ]
  .first { access($0 as String, X_OK) == 0 }

  private static let flags = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--mute-audio",
    "--disable-extensions", "--disable-sync", "--disable-component-update", "--disable-breakpad",
    "--disable-background-networking", "--disable-default-apps", "--disable-domain-reliability",
    "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding", "--hide-scrollbars", "--force-color-profile=srgb",
    "--lang=en-US", "--no-proxy-server", "--password-store=basic", "--use-mock-keychain",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
  ]

  let devTools: DevTools
  private let identifier: pid_t
  private let profile: String

  init() throws(CaseFailure) {
    guard let path = Self.path else { throw CaseFailure("there is no Chromium") }
    profile = "\(NSTemporaryDirectory())/nexus-chromium-\(UUID().uuidString.prefix(8))"
    mkdir(profile, 0o700)
    let orders = try Self.pipe()
    let events = try Self.pipe()
    let log = Glibc.open("\(profile)/log", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    let arguments = Self.flags + ["--user-data-dir=\(profile)", "about:blank"]
    defer { for descriptor in [orders.reading, events.writing, log] { close(descriptor) } }
    identifier = try Self.spawn(
      path, arguments, descriptors: [(log, 1), (log, 2), (orders.reading, 3), (events.writing, 4)])
    devTools = DevTools(reading: events.reading, writing: orders.writing)
  }

  /// The end of what it wrote.
  var log: String {
    String(
      decoding: (FileManager.default.contents(atPath: "\(profile)/log") ?? Data()).suffix(4000),
      as: UTF8.self)
  }

  /// Ends it and all its processes, and removes its profile.
  func end() {
    devTools.close()
    kill(-identifier, SIGKILL)
    while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
    try? FileManager.default.removeItem(atPath: profile)
  }

  /// Both ends with numbers beyond those that the child gets, and inherited by no one.
  private static func pipe() throws(CaseFailure) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    Sockets.inheritance.lock()
    defer { Sockets.inheritance.unlock() }
    guard Glibc.pipe(&ends) == 0 else { throw CaseFailure("no pipe") }
    defer { for end in ends { close(end) } }
    return (fcntl(ends[0], F_DUPFD_CLOEXEC, 10), fcntl(ends[1], F_DUPFD_CLOEXEC, 10))
  }

  /// Starts a program as the leader of a process group, with those descriptors as those numbers.
  private static func spawn(
    _ path: String, _ arguments: [String], descriptors: [(Int32, Int32)]
  ) throws(CaseFailure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (old, new) in descriptors { posix_spawn_file_actions_adddup2(&actions, old, new) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads of a pool have signals blocked, and a child would inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
    var words = ([path] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var identifier: pid_t = 0
    let fault = posix_spawn(&identifier, path, &actions, &attributes, words, environ)
    guard fault == 0 else {
      throw CaseFailure("cannot start \(path): \(String(cString: strerror(fault)))")
    }
    return identifier
  }
}
