import Config
import Glibc
import HTTP
import Net
import Text

/// What it means that a server cannot be reached, and what to do.
struct ReachAdvice {
  let what: String
  let fix: String

  /// `listensToItselfAlone`: the address is one of this machine, and something listens on the same
  /// port of its loopback address.
  init(
    _ backend: Settings.Backend, addresses: [String], errno code: Int32,
    listensToItselfAlone: Bool
  ) {
    let endpoint = backend.endpoint
    let advice = ServerAdvice(type: backend.type, port: endpoint.port)
    let place = addresses.first.map { "\($0) port \(endpoint.port)" } ?? endpoint.authority
    switch code {
    case ECONNREFUSED where listensToItselfAlone:
      what =
        "it listens on 127.0.0.1 alone, but is configured by this machine's address \(endpoint.host)"
      fix = "\(advice.listenWidely); or configure it as http://127.0.0.1:\(endpoint.port)"
    case ECONNREFUSED where endpoint.isLoopback:
      what = "nothing listens at \(place)"
      fix = Self.isContainer ? "\(advice.start); \(Self.containerHint)" : advice.start
    case ECONNREFUSED:
      what = "\(place) refuses connections"
      fix =
        "on that machine, \(advice.start); if it runs there, it may listen to its own machine"
        + " alone: \(advice.listenWidely)"
    case ETIMEDOUT:
      what = "\(place) does not answer"
      fix =
        "check that the machine is on, that the address is right and that no firewall is between"
    default:
      what = "\(place) cannot be reached: \(SystemError.text(code))"
      fix = "check the address and this machine's network"
    }
  }

  /// What to do about a name that is not known.
  static func name(_ host: String) -> String {
    host.hasSuffix(".local")
      ? "check the spelling; names in .local need libnss-mdns and avahi-daemon; or use the address"
      : "check the spelling, or use its IP address"
  }

  /// Whether this machine's other address has what was looked for. Waits a little.
  static func listensToItselfAlone(_ endpoint: Endpoint, _ code: Int32) -> Bool {
    guard code == ECONNREFUSED, !endpoint.isLoopback, ServerReach.isOwnAddress(endpoint.host)
    else { return false }
    let inner = ServerReach.look(host: "127.0.0.1", port: endpoint.port, within: 500)
    if case .open = inner { return true }
    return false
  }

  /// Whether https goes through a proxy (curl(1), ENVIRONMENT).
  static var hasProxy: Bool {
    ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].contains {
      ControlSocket.environment($0)?.isEmpty == false
    }
  }

  private static var isContainer: Bool {
    access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0
  }

  private static let containerHint =
    "inside a container this address is the container itself; a server of the host is at"
    + " host.docker.internal or host.containers.internal, if the container was started so"
}

/// What it means that two clocks differ.
struct ClockAdvice {
  let level: Finding.Level
  let what: String
  let fix: String?

  /// `difference`: seconds that the server is ahead.
  init(difference: Int64) {
    let distance = abs(difference)
    guard distance > 60 else {
      (level, what, fix) = (.ok, "its clock and this machine's agree", nil)
      return
    }
    // Certificates that were just made are not valid yet for a clock that is behind.
    level = distance > 3_600 ? .fail : .warn
    let text = distance < 7_200 ? "\(distance) s" : "\(distance / 3_600) h"
    what = "this machine's clock is \(text) \(difference > 0 ? "behind" : "ahead of") the server's"
    fix = "set the clock: timedatectl set-ntp true"
  }
}

/// What it means that TLS fails.
struct TLSAdvice {
  let what: String
  let fix: String

  init(_ why: String, _ endpoint: Endpoint) {
    what = "TLS fails: \(why)"
    let now = UTCTime(unixSeconds: MonotonicClock.unixSeconds()).text
    if why.contains("not yet valid") || why.contains("expired") {
      fix =
        "if this machine's clock (\(now)) is wrong, set it; else the certificate must be renewed"
    } else if why.contains("wrong version number") || why.contains("packet length too long") {
      fix = "it speaks plain HTTP: write http:// in its URL"
    } else if why.contains("self-signed") || why.contains("self signed")
      || why.contains("local issuer")
    {
      fix = "name the authority that signed its certificate with ca_file"
    } else if why.contains("subject name") || why.contains("Hostname mismatch") {
      fix = "use a name that its certificate is for"
    } else {
      fix = "check the certificate of \(endpoint.authority)"
    }
  }
}
