import Control
import Drivers
import HTTP
import Net

/// Orders about models' places in memory, and what is asked about them, over the public address.
extension ClientSession {
  /// How long an unload is waited for, and how often is looked meanwhile whether somebody still waits;
  /// in milliseconds.
  private static let unloadTime: UInt64 = 30_000
  private static let glance: UInt64 = 250

  /// Takes an order, or tells how jobs stand.
  func manage(_ resource: Resource) async throws(APIError) -> Bool {
    switch (resource, connection.request.method) {
    case (.load, _):
      return try await obey { session throws(LifecycleFault) in try .load(session.body) }
    case (.migrate, _):
      return try await obey { session throws(LifecycleFault) in try .migrate(session.body) }
    case (.model(let id), _):
      return try await obey { session throws(LifecycleFault) in
        try .unload(String(decoding: id, as: UTF8.self), session.query)
      }
    case (.job(let id), .delete):
      try checkSender()
      try await readBody()
      do throws(LifecycleError) {
        return await tell(try await manager.cancel(String(decoding: id, as: UTF8.self)))
      } catch {
        throw APIError(LifecycleFault(error))
      }
    case (.job(let id), _):
      try await readBody()
      let name = String(decoding: id, as: UTF8.self)
      guard let job = await manager.job(name) else {
        throw APIError(LifecycleFault(.jobUnknown(name)))
      }
      return await tell(job)
    default:
      try await readBody()
      return await send(200, JobReport.list(await manager.jobs(), worker.fleet))
    }
  }

  private var manager: LifecycleManager { worker.shared.lifecycle }

  private var body: [UInt8] { connection.bodyBuffer.bytes(connection.bodyRange) }

  private var query: QueryFields {
    let input = connection.input
    return QueryFields(input.span, connection.request.target)
  }

  /// Reads an order, has it carried out and answers.
  private func obey(
    _ read: (ClientSession) throws(LifecycleFault) -> LifecycleOrder
  ) async throws(APIError) -> Bool {
    try checkSender()
    if connection.request.method == .post { try checkContent() }
    try await readBody()
    let job: ModelJob
    do throws(LifecycleFault) {
      job = await outcome(of: try await read(self).carryOut(by: manager, worker.fleet))
      if let fault = LifecycleFault(job) { throw fault }
    } catch {
      throw APIError(error)
    }
    return await send(
      job.state == .completed ? 200 : 202, JobReport.answer(job, worker.fleet), about: job)
  }

  /// The job as it is when the client hears of it: of an unload, at its end if that is soon.
  private func outcome(of job: ModelJob) async -> ModelJob {
    guard job.kind == .unload else { return job }
    let end = MonotonicClock.milliseconds() + Self.unloadTime
    var job = job
    while !job.state.isOver, scope.cause == nil, MonotonicClock.milliseconds() < end {
      job = await manager.wait(for: job.id, milliseconds: Self.glance) ?? job
    }
    return job
  }

  private func checkSender() throws(APIError) {
    let input = connection.input
    try OrderRules.check(
      connection.request, input.span,
      .init(
        isLocal: OrderRules.isLocal(connection.transport.channel.fd),
        acceptsRemote: worker.rules.acceptsRemoteOrders))
  }

  private func tell(_ job: ModelJob) async -> Bool {
    await send(200, JobReport.json(job, worker.fleet), about: job)
  }

  private func send(_ status: Int, _ body: [UInt8], about job: ModelJob? = nil) async -> Bool {
    record.answer(status: status)
    return await responder.send(status: status, body: body, keepAlive: keepsAlive) { out in
      guard let job else { return }
      HeadWriter.field(
        "x-nexus-lifecycle-status", Array(JobReport.headerWord(job).utf8), in: out)
      HeadWriter.field("x-nexus-lifecycle-operation", Array(job.id.utf8), in: out)
    }
  }
}
