/// Where the control socket of a gateway is: the one place that server and clients agree on. Pure;
/// `environment` gives a variable's value or nil, and an empty value counts as none.
public enum ControlSocketPath {
  /// Names the socket for server and clients alike.
  public static let variable = "NEXUS_CONTROL_SOCKET"

  /// The places for a server that listens on `port`, best first: it takes the first that it can
  /// use. Only one if somebody named it.
  public static func forServer(
    named: String?, port: UInt16, environment: (String) -> String?, user: UInt32
  ) -> [String] {
    if let named = named ?? value(variable, environment) { return [named] }
    return directories(environment, user: user).map { "\($0)/\(fileName(port))" }
  }

  /// The directories in which a client looks for sockets, best first. A gateway that runs as a
  /// service has its socket in /run/nexus, whoever asks.
  public static func forClient(environment: (String) -> String?, user: UInt32) -> [String] {
    var places = directories(environment, user: user)
    if !places.contains(service) { places.append(service) }
    return places
  }

  /// The name of the socket of the gateway that listens on `port`.
  public static func fileName(_ port: UInt16) -> String { "\(prefix)\(port)\(suffix)" }

  /// The port of the gateway whose socket has that name, or nil if it is not such a name.
  public static func port(ofFile name: String) -> UInt16? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    guard let port = UInt16(name.dropFirst(prefix.count).dropLast(suffix.count)) else { return nil }
    return fileName(port) == name ? port : nil
  }

  private static let prefix = "control-"
  private static let suffix = ".sock"
  private static let service = "/run/nexus"

  private static func directories(_ environment: (String) -> String?, user: UInt32) -> [String] {
    var places: [String] = []
    // systemd names a service's directories there, with colons between them (systemd.exec(5)).
    if let list = value("RUNTIME_DIRECTORY", environment) {
      places += list.split(separator: ":").prefix(1).map(String.init)
    }
    if let own = value("XDG_RUNTIME_DIR", environment) { places.append("\(own)/nexus") }
    if user == 0 { places.append(service) }
    places.append("/tmp/nexus-\(user)")
    // A relative path would be another place for each caller.
    return places.filter { $0.hasPrefix("/") }
  }

  private static func value(_ name: String, _ environment: (String) -> String?) -> String? {
    environment(name).flatMap { $0.isEmpty ? nil : $0 }
  }
}
