import Config
import Control
import Fleet

/// How everything stands at one moment: what the page, the WebSocket, `GET /v1/live` and
/// `nexus top` show. A value, made on the control loop and read anywhere.
struct LiveSnapshot: Sendable {
  /// Differs from every other of the same run, and grows.
  let number: UInt64
  let unixMilliseconds: Int64
  let uptimeSeconds: Int
  let version: String
  /// The fleet, whose members say most about the backends, and the rules.
  let view: GatewayView
  let totals: Totals
  let queue: Queue
  /// Nil without a monthly limit.
  let budget: Budget?
  /// What is known beyond `view.fleet.members`, in their order.
  let backends: [BackendFigures]
  /// The requests under way that began first, at most `requestLimit`.
  let requests: [LiveRequest]
  /// How many there are.
  let requestsUnderWay: Int
  /// The last hour, oldest first, a point for every `pointSeconds`.
  let series: [Point]
  /// The last requests that have ended, newest first, at most `historyLimit`.
  let history: [HistoryEntry]
  /// Changes with the history.
  let historyVersion: Int
  /// What is being done about models' places in memory, newest first.
  let jobs: [ModelJob]
  let advice: AdviceReport
  /// What was written of this and earlier ones.
  let renderings: LiveRenderings

  static let requestLimit = 100
  static let historyLimit = 100
  static let pointSeconds = 10

  /// Of the whole gateway.
  struct Totals: Sendable {
    /// Since the start.
    var requests: UInt64 = 0
    var errors: UInt64 = 0
    /// Of the last minute.
    var requestsPerMinute: Double = 0
    /// 0 to 1, of the last minute.
    var errorShare: Double = 0
    /// Of the last ten seconds; prompt tokens do not count.
    var tokensPerSecond: Double = 0
  }

  /// Requests that wait for a backend.
  struct Queue: Sendable {
    var depth = 0
    /// 0 if none may wait.
    var limit = 0
  }

  /// In micro-dollars.
  struct Budget: Sendable {
    let spent: Int64
    /// For what is under way.
    let reserved: Int64
    let limit: Int64
    /// From which share of the limit on it is said, 0 to 1.
    let softShare: Double
    let level: BudgetState.Level
    /// As "2026-11".
    let month: String
    /// What becomes of requests at the limit.
    let action: Settings.HardLimitAction
  }

  /// Of one backend.
  struct BackendFigures: Sendable {
    /// Since the start.
    var requests: UInt64 = 0
    /// Of the last ten seconds.
    var tokensPerSecond: Double = 0
    /// Mean duration of the requests of each of the last thirty times two minutes in milliseconds,
    /// oldest first; nil where there was none.
    var latencies: [UInt32?] = []
    /// When it was last looked at, Unix seconds; nil if never.
    var lastCheck: Int64?
  }

  /// A request that is being served.
  struct LiveRequest: Sendable {
    enum Phase: Sendable {
      /// For a backend.
      case queued
      /// For its model to come into memory.
      case loading
      /// For the first token of a backend.
      case waiting
      /// The answer runs, as many tokens a second as events were counted; nil where nobody counts.
      case streaming(tokensPerSecond: Double?)
    }

    let id: KeptID
    let endpoint: StaticString
    /// As the client asked for it.
    let model: [UInt8]
    /// Where it is; nil before it was sent anywhere.
    let backend: String?
    let phase: Phase
    /// Since it came, in milliseconds.
    let age: Int
    let isStream: Bool
    /// Tries beyond the first.
    let retries: Int
  }

  /// A part of the last hour.
  struct Point: Sendable {
    /// When it ended, Unix seconds.
    var time: Int64 = 0
    var requests: UInt64 = 0
    var errors: UInt64 = 0
    /// Mean time to first token in milliseconds; nil where there was none.
    var firstToken: UInt32?
    var tokensPerSecond: Double = 0
  }
}
