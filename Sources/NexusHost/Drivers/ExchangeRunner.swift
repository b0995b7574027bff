import HTTP
import Net

/// Carries out operations that no client waits for: identify, survey, load and unload.
///
/// Confined to its loop's thread; several runs may be under way there at once.
public final class ExchangeRunner {
  private let loop: EventLoop
  private let pool: UpstreamPool
  /// Header lines that go up with every request.
  private let lines: [UInt8]

  /// `id`: of the gateway that asks; nil if it is none.
  public init(loop: EventLoop, pool: UpstreamPool, id: GatewayID? = nil) {
    self.loop = loop
    self.pool = pool
    lines = Array("accept: application/json\r\n".utf8) + (id?.hopLine ?? [])
  }

  /// Runs one operation to its end, for `deadline` milliseconds at most, or until `scope` is
  /// interrupted. `progress` is called with what the driver tells of a long job, when that changes:
  /// at once where a reply begins or ends, else within a quarter of a second.
  public func run(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget,
    body: [UInt8] = [], deadline: UInt64, scope: CancelScope = CancelScope(),
    progress: ((JobProgress) -> Void)? = nil
  ) async -> ExchangeOutcome {
    let call = UpstreamCall(loop: loop, pool: pool)
    var isLate = false
    let timer = loop.after(deadline) {
      isLate = true
      scope.interrupt()
    }
    var told: JobProgress?
    defer {
      loop.cancelExpiry(timer)
      call.close()
    }
    let buffer = ByteBuffer()
    buffer.append(body)
    let range = 0..<buffer.count
    var verdict: Verdict? = call.begin(driver, operation, body: buffer, range: range)
    while let current = verdict {
      if let progress {
        if let new = call.exchange.sink.reports.progress, new != told {
          told = new
          progress(new)
        }
        call.patience = loop.now + Self.glance
      }
      switch current {
      case .send:
        verdict = await call.send(
          to: target, body: buffer, range: range, forwarded: lines, scope: scope)
      case .more, .relay:
        // Nobody wants an answer that the driver writes; only how it ends.
        call.emitted.removeAll()
        verdict = await call.decide()
      case .done, .failed: return outcome(of: call, at: target)
      }
    }
    var result = outcome(of: call, at: target)
    result.failure = DriverFailure(
      .upstreamBroken, isLate ? "the server took longer than \(deadline) ms" : "cancelled")
    return result
  }

  /// Between two looks at what the driver has told, in milliseconds.
  private static let glance: UInt64 = 250

  private func outcome(of call: UpstreamCall, at target: UpstreamTarget) -> ExchangeOutcome {
    let sink = call.exchange.sink
    return ExchangeOutcome(
      failure: sink.failure.map { explain($0, call).cleaned(for: target) },
      reports: sink.reports,
      answerStatus: sink.answerStatus,
      answer: sink.answer)
  }

  /// Adds what a driver is not told: who could not be reached, what is wrong with a certificate, whom
  /// it has asked.
  private func explain(_ failure: DriverFailure, _ call: UpstreamCall) -> DriverFailure {
    switch call.lastError {
    case .connect(let why), .tls(let why):
      DriverFailure(failure.code, "\(failure.message): \(why)", detail: failure.detail)
    // No other gateway's id is in such a request, and none passes it on.
    case nil where call.connection?.head.status == 508:
      DriverFailure(.upstreamBroken, "the server is this gateway itself")
    default: failure
    }
  }
}
