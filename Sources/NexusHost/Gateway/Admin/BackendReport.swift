import Config
import Control
import Drivers
import Fleet
import HTTP
import Net
import Text

/// Backends as an administrator sees them.
public enum BackendReport {
  /// The body of `GET /backends`, in the order of the configuration, then of discovery. `jobs` are
  /// those that are remembered.
  public static func list(_ fleet: FleetSnapshot, _ jobs: [ModelJob] = []) -> [UInt8] {
    let underWay = jobs.filter { !$0.state.isOver }
    return JSONText.object { text in
      text.array("backends") { list in
        for member in fleet.members {
          list.object { text in
            append(member, to: &text)
            append(underWay, on: member.backend.name, fleet, to: &text)
          }
        }
      }
    }
  }

  /// What is being done about the models there, or null.
  static func append(
    _ jobs: [ModelJob], on name: String, _ fleet: FleetSnapshot, to text: inout JSONText
  ) {
    let own = jobs.filter { $0.source == name || $0.target == name }
    guard let job = own.first(where: { $0.state == .inProgress }) ?? own.first else {
      return text.member("current_operation", String?.none)
    }
    text.object("current_operation") { JobReport.append(job, fleet, to: &$0) }
  }

  /// One backend.
  static func json(_ member: FleetMember) -> [UInt8] {
    JSONText.object { append(member, to: &$0) }
  }

  /// The members that all listings have. `status` is its own word where it is none of theirs, and
  /// `models` is JSON where the models are not told by their ids.
  static func append(
    _ member: FleetMember, status: StaticString? = nil, models: [UInt8]? = nil,
    to text: inout JSONText
  ) {
    let backend = member.backend
    text.member("id", backend.id)
    text.member("name", backend.name)
    text.member("url", backend.endpoint.url)
    text.member("type", backend.kind?.type)
    text.member("backend_type", backend.kind?.type)
    text.member("status", status ?? member.statusName)
    text.raw("models", models ?? ModelReports.ids(member))
    text.member("model_count", member.models.count)
    appendLoad(of: backend, to: &text)
    text.member("discovery_source", backend.source.listedName)
    text.member("zone", backend.zone.rawValue)
    text.member("tier", backend.tier)
    text.member("priority", backend.priority)
    text.member("last_error", member.detail.isEmpty ? nil : member.detail)
    text.member("driver", backend.kind?.descriptor.id)
    text.member("driver_version", backend.kind?.descriptor.version)
    text.member("server_version", member.serverVersion.isEmpty ? nil : member.serverVersion)
  }

  /// What `GET /health` on the control socket adds to the public one.
  static func appendDetails(of fleet: FleetSnapshot, to text: inout JSONText) {
    text.array("backend_details") { list in
      for member in fleet.members {
        list.object { text in
          text.member("name", member.backend.name)
          text.member("type", member.backend.kind?.type)
          text.member("status", member.statusName)
          text.member("models", member.models.count)
          appendLoad(of: member.backend, to: &text)
          text.member("last_error", member.detail.isEmpty ? nil : member.detail)
        }
      }
    }
  }

  private static func appendLoad(of backend: Backend, to text: inout JSONText) {
    let latency = backend.load.latencyMicroseconds
    text.member("avg_latency_ms", latency == 0 ? nil : Int(latency + 500) / 1_000)
    let figures = backend.load.quality.figures
    text.member("error_rate_percent", Int((figures.errorRate * 100).rounded()))
    text.member("avg_ttft_ms", figures.firstToken == 0 ? nil : Int(clamping: figures.firstToken))
    switch backend.load.circuit.reading(at: MonotonicClock.milliseconds()) {
    case .closed: text.member("circuit", "closed" as StaticString)
    case .onTrial: text.member("circuit", "half_open" as StaticString)
    case .open(let opening): text.member("circuit", "open: \(opening.cause.name)")
    }
    text.member("pending_requests", backend.load.inFlight)
    text.member("total_requests", backend.load.total)
  }
}

extension FleetMember {
  /// How it is, in the words of the messages to those who watch.
  var statusTitle: StaticString {
    if isDraining { return "Draining" }
    return switch state {
    case .unknown: "Unknown"
    case .up: "Healthy"
    case .loading: "Loading"
    case .down: "Unhealthy"
    }
  }

  /// How it is, in the words of listings.
  var statusName: StaticString {
    if isDraining { return "draining" }
    return switch state {
    case .unknown: "unknown"
    case .up: "healthy"
    case .loading: "loading"
    case .down: "unhealthy"
    }
  }
}

extension BackendSource {
  /// How it came to be known, in the words of listings.
  var listedName: StaticString {
    switch self {
    case .configured: "static"
    case .discovered: "discovered"
    case .manual: "manual"
    }
  }
}
