import CLinux
import Glibc

/// All imitated servers of one process, and their control endpoint.
final class Fleet {
  private let backends: [Backend]
  private let cheap: [CheapServer]
  private let control: Control

  /// Nil if a port is taken; the reason has been printed.
  init?(_ options: Options, _ loop: Loop) {
    var backends: [Backend] = []
    var cheap: [CheapServer] = []
    for (index, plan) in options.backends.enumerated() {
      let seed = options.seed &* 1_000_003 &+ UInt64(index)
      if plan.isCheap {
        cheap.append(CheapServer(plan.name, loop))
      } else {
        backends.append(Backend(plan, loop, seed: seed))
      }
      let isOpen =
        plan.isCheap
        ? cheap.last?.open(options.host, plan.port) : backends.last?.open(options.host)
      guard isOpen == true else {
        complain("cannot listen on \(options.host):\(plan.port) for \(plan.name)")
        return nil
      }
    }
    self.backends = backends
    self.cheap = cheap
    control = Control(backends, cheap, loop)
    guard control.open(options.host, options.controlPort) else {
      complain("cannot listen on \(options.host):\(options.controlPort)")
      return nil
    }
  }

  /// Tells on stdout where everything listens, for scripts that wait for `ready`.
  func announce() {
    for backend in backends {
      print("backend \(backend.name) \(backend.plan.kind.rawValue) \(backend.listener?.url ?? "")")
    }
    for server in cheap { print("backend \(server.name) generic \(server.listener?.url ?? "")") }
    print("control \(control.listener?.url ?? "")")
    print("ready")
    fflush(nil)
  }
}

/// Ends the loop on SIGTERM and SIGINT.
final class StopSignals: Watcher {
  private let loop: Loop

  init(_ loop: Loop) {
    self.loop = loop
    var wanted = sigset_t()
    sigemptyset(&wanted)
    sigaddset(&wanted, SIGTERM)
    sigaddset(&wanted, SIGINT)
    sigprocmask(SIG_BLOCK, &wanted, nil)
    let descriptor = signalfd(-1, &wanted, Int32(SFD_CLOEXEC))
    loop.watch(descriptor, Loop.readable, self)
  }

  func ready(_ events: UInt32) { loop.stop() }
}

/// Ends the loop when standard input does, so that no simulator outlives the test that started it.
final class StdinWatcher: Watcher {
  private let loop: Loop
  private init(_ loop: Loop) { self.loop = loop }

  static func start(_ loop: Loop) {
    // A file or /dev/null cannot be watched, and has ended already.
    let isWatched = loop.watch(0, Loop.readable | Loop.hangUp, StdinWatcher(loop))
    if !isWatched { loop.after(0) { loop.stop() } }
  }

  func ready(_ events: UInt32) {
    var bytes = (0, 0, 0, 0)
    if read(0, &bytes, 32) <= 0 { loop.stop() }
  }
}
