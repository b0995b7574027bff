import Config
import Fleet

/// What an administrator can have done: the operations behind the control socket, which the
/// composition root carries out. Called on the control loop; must not block it.
public protocol AdminActions: Sendable {
  /// What the workers go by now.
  var view: GatewayView { get }

  /// How the process is.
  func status() -> AdminStatus

  /// The drivers that are loaded, and what was refused, as `PluginReport` tells them.
  func plugins() -> [UInt8]

  /// Adds a backend and gives it back after it has been looked at for the first time, or after two
  /// seconds. 409 if its name or address is taken.
  func add(_ backend: Settings.Backend) async throws(AdminError) -> FleetMember

  /// Takes a backend out of the fleet once its requests are done. Returns whether it comes back with
  /// the next reload, since the configuration names it.
  func remove(_ backend: Backend) async throws(AdminError) -> Bool

  /// Sends a backend no new requests, or sends them again. Gives it back as it is then.
  func setDraining(_ backend: Backend, _ isDraining: Bool) async throws(AdminError) -> FleetMember

  /// Reads the configuration again and goes by it. 422 with all faults if it has any; then nothing
  /// has changed.
  func reload() async throws(AdminError) -> AdminReload

  /// Changes what is logged, written as "info,routing=debug".
  func setLogLevels(_ levels: String) throws(AdminError)

  /// The configuration in force as JSON, with where each value comes from and without secrets.
  func configuration() -> [UInt8]
}

/// How the process is, as far as only the composition root knows.
public struct AdminStatus: Sendable {
  /// The address that clients use.
  public var url: String
  /// The configuration file that was read, or nil.
  public var configFile: String?
  /// Where is kept what outlives a restart, or nil.
  public var stateDirectory: String?
  /// The ids of the loaded drivers.
  public var drivers: [String]
  /// What is logged, as `AdminActions.setLogLevels` takes it.
  public var logLevels: String
  /// Lines that the log lost because nobody took them.
  public var logDropped: UInt64
  /// Worker threads.
  public var workers: Int
  /// Requests of clients that are being served.
  public var requestsInFlight: Int

  public init(
    url: String, configFile: String? = nil, stateDirectory: String? = nil, drivers: [String],
    logLevels: String, logDropped: UInt64 = 0, workers: Int, requestsInFlight: Int
  ) {
    self.url = url
    self.configFile = configFile
    self.stateDirectory = stateDirectory
    self.drivers = drivers
    self.logLevels = logLevels
    self.logDropped = logDropped
    self.workers = workers
    self.requestsInFlight = requestsInFlight
  }
}

/// What came of a reload, each as a line for people.
public struct AdminReload: Sendable {
  /// What is different now.
  public var changed: [String]
  /// What is configured anew but needs a restart.
  public var restartNeeded: [String]
  public var warnings: [String]

  public init(changed: [String] = [], restartNeeded: [String] = [], warnings: [String] = []) {
    self.changed = changed
    self.restartNeeded = restartNeeded
    self.warnings = warnings
  }
}
