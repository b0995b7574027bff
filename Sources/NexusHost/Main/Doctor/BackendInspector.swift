import Config
import Control
import Drivers
import Fleet
import Glibc
import HTTP
import Net
import Text

/// Looks at backends one step after the other: name, connection, kind, models, a chat.
///
/// `@unchecked Sendable`: used on its loop's thread only.
final class BackendInspector: @unchecked Sendable {
  /// A backend to look at.
  struct Subject: Sendable {
    let settings: Settings.Backend
    let credential: [UInt8]?
    /// What the running gateway thinks of it, or nil.
    var status: String?
    var lastError: String?
    /// Whether nothing is said if it is no model server.
    var isGuess = false
  }

  let loop: EventLoop
  let catalogue: DriverCatalogue
  /// Chats go through it, if one runs.
  let gateway: Endpoint?
  /// Whether chats that cost money are meant too.
  let chatsWithAll: Bool
  /// For chats and the drivers' questions, which have time-outs of their own.
  let pool: UpstreamPool
  /// For requests that any server answers soon.
  let questions: UpstreamPool
  let runner: ExchangeRunner
  /// When everything must be done, in milliseconds of the loop's clock.
  let deadline: UInt64
  /// The models that a chat through the gateway was tried with.
  var chatted: Set<String> = []
  private(set) var findings: [[Finding]] = []
  private var waiting: Set<Int> = []

  /// Most milliseconds for a connection, and for a question about what the server is.
  static let connectTime: UInt64 = 3_000
  static let questionTime: UInt64 = 4_000

  init(
    loop: EventLoop, catalogue: DriverCatalogue, gateway: Endpoint?, chatsWithAll: Bool,
    within milliseconds: UInt64
  ) throws(NetError) {
    self.loop = loop
    self.catalogue = catalogue
    self.gateway = gateway
    self.chatsWithAll = chatsWithAll
    var timeouts = UpstreamTimeouts()
    timeouts.connect = Self.connectTime
    timeouts.firstByte = milliseconds
    timeouts.idle = milliseconds
    pool = try UpstreamPool(loop: loop, timeouts: timeouts)
    timeouts.firstByte = Self.questionTime / 2
    timeouts.idle = Self.questionTime / 2
    questions = try UpstreamPool(loop: loop, timeouts: timeouts)
    runner = ExchangeRunner(loop: loop, pool: pool)
    deadline = MonotonicClock.milliseconds() + milliseconds
  }

  /// Looks at all of them at once, by turning the loop on the calling thread. `progress` hears how
  /// many are left. Returns what was found of each, in their order.
  func run(_ subjects: [Subject], progress: @escaping @Sendable (Int) -> Void) -> [Finding] {
    guard !subjects.isEmpty else { return [] }
    findings = subjects.map { _ in [] }
    waiting = Set(subjects.indices)
    loop.post { [self] in
      progress(waiting.count)
      loop.after(remaining) { [self] in loop.stop() }
    }
    for (index, subject) in subjects.enumerated() {
      loop.spawn { [self] in
        await look(at: subject, index)
        waiting.remove(index)
        progress(waiting.count)
        if waiting.isEmpty { loop.stop() }
      }
    }
    loop.run()
    for index in waiting where !subjects[index].isGuess {
      note(
        .warn, "backend_finished", "not everything was answered in time",
        fix: "the server is slow or busy; try again when it is idle", subjects[index], index)
    }
    return findings.flatMap { $0 }
  }

  /// Milliseconds that are left.
  var remaining: UInt64 {
    let now = MonotonicClock.milliseconds()
    return deadline > now ? deadline - now : 1
  }

  /// Notes what was found of a backend.
  func note(
    _ level: Finding.Level, _ check: String, _ message: String, fix: String? = nil,
    _ subject: Subject, _ index: Int
  ) {
    let title = "\(subject.settings.name) (\(subject.settings.endpoint.url))"
    findings[index].append(
      Finding(level, .backends, check, message, fix: fix, backend: title))
  }

  private func look(at subject: Subject, _ index: Int) async {
    tellStatus(subject, index)
    guard await isReachable(subject, index) else { return }
    guard let kind = await recognise(subject, index) else { return }
    guard let models = await survey(subject, kind, index) else { return }
    await chat(subject, kind, models, index)
  }

  /// Says what the running gateway thinks of it, if that is nothing good.
  private func tellStatus(_ subject: Subject, _ index: Int) {
    guard let status = subject.status, status != "healthy" else { return }
    let why = subject.lastError.map { ": \($0)" } ?? ""
    note(
      .warn, "backend_status", "the gateway has it as \(status)\(why)",
      fix: status == "draining"
        ? "'nexus backends undrain \(subject.settings.name)' puts it into use again"
        : "what follows tells more; once that is mended, the gateway notices by itself",
      subject, index)
  }

  /// Whether a connection stands. Says why not.
  private func isReachable(_ subject: Subject, _ index: Int) async -> Bool {
    let endpoint = subject.settings.endpoint
    // What lies behind a proxy is for the dialler alone to reach.
    guard endpoint.scheme == .http || !ReachAdvice.hasProxy else {
      return await isSecure(subject, index)
    }
    let reach = await BlockingWork.run {
      ServerReach.look(host: endpoint.host, port: endpoint.port, within: Self.connectTime)
    }
    switch reach {
    case .open(let address, let time):
      if !subject.isGuess {
        note(
          .ok, "backend_reachable", "reachable at \(address) in \(time) ms", subject, index)
      }
      return await isSecure(subject, index)
    case .unresolved(let why):
      note(
        .fail, "backend_name", "the name '\(endpoint.host)' is not known: \(why)",
        fix: ReachAdvice.name(endpoint.host), subject, index)
    case .closed(let addresses, let code):
      if subject.isGuess { break }
      let isAlone = await BlockingWork.run { ReachAdvice.listensToItselfAlone(endpoint, code) }
      let advice = ReachAdvice(
        subject.settings, addresses: addresses, errno: code, listensToItselfAlone: isAlone)
      note(.fail, "backend_reachable", advice.what, fix: advice.fix, subject, index)
    }
    return false
  }

  /// Asks for what stands at "/", of which so many bytes are wanted.
  static func root(limit: Int) -> PlainCall.Request {
    var request = PlainCall.Request(.get, "/", agent: "nexus-doctor")
    request.limit = limit
    return request
  }

  /// For https: whether the certificate is good and the clocks agree.
  private func isSecure(_ subject: Subject, _ index: Int) async -> Bool {
    let endpoint = subject.settings.endpoint
    guard endpoint.scheme == .https else { return true }
    do throws(PlainCall.Failure) {
      let reply = try await PlainCall.fetch(Self.root(limit: 1), at: endpoint, over: questions)
      note(.ok, "backend_tls", "its certificate is good", subject, index)
      if let date = reply.fields["date"].flatMap(HTTPDate.unixSeconds) {
        let clock = ClockAdvice(difference: date - MonotonicClock.unixSeconds())
        note(clock.level, "backend_clock", clock.what, fix: clock.fix, subject, index)
      }
      return true
    } catch .broken(.tls(let why)) {
      let advice = TLSAdvice(why, endpoint)
      note(.fail, "backend_tls", advice.what, fix: advice.fix, subject, index)
      return false
    } catch .broken(.connect(let why)) {
      note(
        .fail, "backend_reachable", "it cannot be reached: \(why)",
        fix: "check the address, and the proxy if there is one", subject, index)
      return false
    } catch {
      // What follows tells better what is wrong.
      return true
    }
  }
}
