import Glibc
import Net

/// Why the gateway cannot start: what, where, and how to mend it.
struct StartError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// What an error on the way to listening at an address means.
  init(listeningAt host: String, _ port: UInt16, _ error: NetError) {
    let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    description =
      switch error {
      case .system(call: _, errno: EADDRINUSE): Self.taken(place, port)
      case .system(call: _, errno: EACCES):
        "this user may not listen on \(place). Choose a port above 1023 with --port, or give the"
          + " program the right: setcap cap_net_bind_service=+ep FILE, or in a systemd unit"
          + " AmbientCapabilities=CAP_NET_BIND_SERVICE."
      case .system(call: _, errno: EADDRNOTAVAIL):
        "\(host) is not an address of this machine."
          + " Use --host 127.0.0.1 for this machine alone, or 0.0.0.0 for the network."
      default: "cannot listen on \(place): \(error)."
      }
  }

  private static func taken(_ place: String, _ port: UInt16) -> String {
    let other =
      "choose another port, for example with --port \(port &+ 1), or --port 0 for any"
      + " free one."
    guard let holder = PortHolder.find(port: port) else {
      return "\(place) is in use by another program. Stop that, or \(other)"
    }
    guard holder.name == "nexus" else {
      return
        "\(place) is in use by '\(holder.name)' (process \(holder.pid)). Stop that, or \(other)"
    }
    return "\(place) is in use by another nexus (process \(holder.pid)). Take the port over from it"
      + " with --take-over, stop it, or \(other)"
  }
}
