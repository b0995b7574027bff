import Drivers
import Fleet
import Telemetry

extension WorkerMetrics {
  /// Counts a request that has ended: the one place where that is done.
  func count(_ record: RequestRecord, id: [UInt8], in view: GatewayView) {
    guard let operation = record.operation else {
      if record.errorKind == .parseError, record.isUnread {
        cells(nowhere: nil).count(.parseError)
      }
      return
    }
    let cells = record.cells ?? cells(nowhere: record.knownModel(in: view))
    cells.statuses.count(record.statusCode)
    let time = record.ended &- record.started
    cells.backend.countEnd(record.statusCode, after: time)
    let (bucket, before) = cells.duration.record(time)
    // The first of a bucket, and one in eight after it: rare ones are all but certain to be there.
    if before & 7 == 0 { cells.exemplars.note(id, time, in: bucket) }
    cells.requestBytes.add(UInt64(record.requestBytes))
    cells.responseBytes.add(UInt64(record.answerBytes))
    if record.isStream { shard.streamsEnded.add() }
    if record.cells != nil { countAnswer(record, operation, in: cells) }
    if operation == .embeddings { cells.embeddings.count(record.statusCode) }
    if record.outcome != .success { countFailure(record, in: cells) }
  }

  private func countAnswer(
    _ record: RequestRecord, _ operation: OperationKind, in cells: PlaceCells
  ) {
    if let usage = record.usage { count(usage, record, operation, in: cells) }
    if let cost = record.cost { cells.cost.record(UInt64(max(0, cost))) }
    if record.outcome == .success, let served = record.fallback {
      countFallback(from: String(decoding: record.model, as: UTF8.self), to: served.id)
    }
  }

  private func count(
    _ usage: TokenUsage, _ record: RequestRecord, _ operation: OperationKind, in cells: PlaceCells
  ) {
    if let input = usage.input {
      cells.promptTokens.record(input)
      if operation == .embeddings { cells.embeddingTokens.add(input) }
    }
    guard let output = usage.output else { return }
    cells.answerTokens.record(output)
    let counted = UInt64(record.events.count)
    if output > counted { cells.backend.answerTokens.add(output - counted) }
    guard record.isStream, output > 1, record.firstByte > 0, record.ended > record.firstByte else {
      return
    }
    let time = record.ended - record.firstByte
    cells.interToken.record(time / (output - 1))
    let rate = Double(output - 1) * 1e12 / Double(time)
    cells.tokensPerSecond.record(UInt64(min(rate, 1e15)))
  }

  /// Attempts that failed have been counted by then.
  private func countFailure(_ record: RequestRecord, in cells: PlaceCells) {
    if record.isCancelled { return cells.count(.clientCancelled) }
    if record.hasTries {
      if record.fallback != nil { cells.count(.fallbackExhausted) }
    } else if let kind = record.errorKind {
      cells.count(kind)
    }
  }
}
