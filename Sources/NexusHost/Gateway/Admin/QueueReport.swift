import Drivers
import Fleet
import Text

/// The body of `GET /queue` on the control socket: who waits for what, and what became of those who
/// did.
enum QueueReport {
  static func json(_ room: WaitingRoom, _ fleet: FleetSnapshot) -> [UInt8] {
    let (lines, now) = room.report()
    let totals = room.totals
    return JSONText.object { text in
      text.member("waiting", lines.reduce(0) { $0 + $1.line.high + $1.line.normal })
      text.array("lines") { list in
        for (line, eta) in lines { list.object { append(line, eta, now, fleet, to: &$0) } }
      }
      text.object("totals") { append(totals, to: &$0) }
    }
  }

  private static func append(
    _ report: WaitingRoom.State.LineReport, _ eta: Int?, _ now: UInt64, _ fleet: FleetSnapshot,
    to text: inout JSONText
  ) {
    text.member("model", report.line.model)
    text.member("operation", report.line.operation.name)
    text.member("high", report.high)
    text.member("normal", report.normal)
    text.member("oldest_wait_ms", Int(clamping: now - min(now, report.oldest)))
    text.member("eta_seconds", eta)
    text.array("backends") { list in
      for member in fleet.members
      where report.places.contains(ObjectIdentifier(member.backend.load.requests)) {
        list.value(member.backend.name)
      }
    }
  }

  private static func append(_ totals: QueueTotals, to text: inout JSONText) {
    text.member("entered", totals.entered)
    text.member("placed", totals.placed)
    text.member("timed_out", totals.timedOut)
    text.member("cancelled", totals.cancelled)
    text.member("refused", totals.refused)
    text.member("refused_full", totals.refusedFull)
  }
}
