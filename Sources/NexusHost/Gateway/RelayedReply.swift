import Config
import Control
import Drivers
import Fleet
import HTTP
import Net
import Routing
import Text

/// A backend's reply that a client is to get: its response head, written into the session's list, and
/// the relay that sends it. From here on the request cannot go to another backend.
struct RelayedReply {
  private let relay: ReplyRelay
  var call: UpstreamCall { relay.call }
  /// Whether the driver has seen the whole reply and is content with it.
  private let isComplete: Bool
  /// Whether the client may send another request after this answer.
  let keepsAlive: Bool
  /// What the driver has said of the reply if it has come to its end.
  private let ended: Verdict?
  private let monitor: StreamMonitor?
  /// Whether the answer was slower than it may be.
  var isSlow: Bool { monitor?.isSlow ?? false }

  /// Writes the head and lets go of the request's bytes. Nil if the reply is gone.
  init?(
    _ session: ClientSession, _ call: UpstreamCall, _ attempt: Attempt, ended: Verdict? = nil,
    monitor: StreamMonitor? = nil
  ) {
    guard let upstream = call.connection, let input = upstream.input else { return nil }
    let connection = session.connection
    let list = session.list
    let isHTTP10 = connection.request.isHTTP10
    let framing = Self.framing(upstream.head.framing, isHTTP10: isHTTP10)
    isComplete = upstream.body.isFinished && ended != .failed
    self.ended = ended
    self.monitor = monitor
    keepsAlive = session.keepsAlive && framing != .untilClose
    relay = ReplyRelay(
      call: call, client: connection.transport, scope: session.scope, framing: framing,
      isEventStream: Self.isEventStream(upstream.head.fields, input.span),
      sendTimeout: session.worker.rules.server.sendTimeout, list: list, monitor: monitor,
      record: session.record)
    list.removeAll()
    let out = list.own
    let status = upstream.head.status
    session.record.answer(status: status, at: session.worker.loop.nowNanoseconds)
    HeadWriter.start(status, in: out)
    ReplyFields.append(upstream.head.fields, in: input.span, to: out)
    Self.appendFields(session, attempt, status: status, to: out)
    Self.append(upstream.head.framing, as: framing, status: status, to: out)
    Responder.appendConnection(keepsAlive, isHTTP10: isHTTP10, to: out)
    out.append("\r\n")
    list.appendOwn(from: 0)
    connection.releaseBody()
  }

  /// Sends an answer that is complete, if the client takes it at once. Nil if there is a wait, for
  /// more of it or for the client: `sendRest` then goes on.
  func sendWhole() -> RelayEnd? { isComplete ? relay.sendWhole() : nil }

  /// Sends what `sendWhole` did not.
  func sendRest() async -> RelayEnd {
    isComplete ? await relay.finishWhole() : await relay.run(ended: ended)
  }

  private static func framing(_ upstream: BodyFraming, isHTTP10: Bool) -> ReplyRelay.Framing {
    switch upstream {
    case .none, .length: .length
    case .chunked, .untilClose: isHTTP10 ? .untilClose : .chunked
    }
  }

  private static func append(
    _ upstream: BodyFraming, as framing: ReplyRelay.Framing, status: Int, to out: ByteBuffer
  ) {
    switch upstream {
    case .length(let length): HeadWriter.field("content-length", length, in: out)
    // RFC 9110 §8.6: these have no body, and say nothing of its length.
    case .none where status == 204 || status == 304: break
    case .none: HeadWriter.field("content-length", 0, in: out)
    default: if framing == .chunked { out.append("transfer-encoding: chunked\r\n") }
    }
  }

  static func isEventStream(_ fields: [HTTPField], _ bytes: Span<UInt8>) -> Bool {
    let name: StaticString = "text/event-stream"
    let length = name.utf8CodeUnitCount
    guard let range = fields.value("content-type", in: bytes), range.count >= length else {
      return false
    }
    let type = range.lowerBound..<range.lowerBound + length
    return ByteSearch.equalsIgnoringCase(bytes, type, name)
  }

  /// Appends the header fields of the host's own.
  static func appendFields(
    _ session: ClientSession, _ attempt: Attempt, status: Int, to out: ByteBuffer
  ) {
    HeadWriter.field("x-request-id", session.requestID, in: out)
    out.append("x-nexus-backend: ")
    out.append(attempt.backend.headerName)
    out.append("\r\nx-nexus-backend-type: ")
    out.append(Backend.isCloud(attempt.kind) ? "cloud" : "local")
    out.append("\r\nx-nexus-route-reason: ")
    out.append(attempt.reason.text)
    out.append("\r\nx-nexus-privacy-zone: ")
    out.append(attempt.zone.text)
    out.append("\r\n")
    if attempt.isFallback {
      HeadWriter.field("x-nexus-fallback-model", attempt.model.headerName, in: out)
    }
    if let tier = attempt.missedTier {
      out.append("x-nexus-tier-downgraded: ")
      out.append(decimal: UInt64(tier))
      out.append("->")
      out.append(decimal: UInt64(attempt.backend.tier))
      out.append("\r\n")
    }
    if let cost = attempt.worstCost {
      HeadWriter.field("x-nexus-cost-estimated", Array(BudgetLedger.dollars(cost).utf8), in: out)
    }
    BudgetFields.append(session.worker, to: out)
    if let wait = session.record.queueWait {
      HeadWriter.field("x-nexus-queue-wait-ms", wait / 1_000_000, in: out)
    }
    if (400..<500).contains(status), ![408, 409, 429].contains(status) {
      out.append("x-should-retry: false\r\n")
    }
  }
}

extension RouteReason {
  /// Its name in a header, without a conversion.
  var text: StaticString {
    switch self {
    case .capabilityMatch: "capability-match"
    case .capacityOverflow: "capacity-overflow"
    case .privacyRequirement: "privacy-requirement"
    case .failover: "failover"
    }
  }
}

extension Settings.Zone {
  var text: StaticString {
    switch self {
    case .open: "open"
    case .internal: "internal"
    case .confidential: "confidential"
    case .restricted: "restricted"
    }
  }
}

extension Model {
  /// Its id with a "?" for every byte that may not stand in a header.
  fileprivate var headerName: [UInt8] {
    idBytes.map { $0 > 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }
  }
}
