import Config
import Drivers
import Fleet
import Gateway
import HTTP
import Synchronization
import Telemetry

/// Carries out what administrators ask over the control socket.
final class GatewayAdmin: AdminActions {
  private let url: String
  private let catalogue: DriverCatalogue
  private let workers: [WorkerThread]
  private let log: Log
  private let published: Mutex<GatewayView>

  init(
    url: String, catalogue: DriverCatalogue, workers: [WorkerThread], view: GatewayView, log: Log
  ) {
    self.url = url
    self.catalogue = catalogue
    self.workers = workers
    self.log = log
    published = Mutex(view)
  }

  /// Notes what the workers were handed. Any thread.
  func publish(_ view: GatewayView) { published.withLock { $0 = view } }

  var view: GatewayView { published.withLock { $0 } }

  func status() -> AdminStatus {
    AdminStatus(
      url: url, drivers: catalogue.drivers.map(\.descriptor.id), logLevels: log.level.rawValue,
      workers: workers.count,
      requestsInFlight: workers.reduce(0) { $0 + $1.requestsUnderWay })
  }

  func add(_ backend: Settings.Backend) async throws(AdminError) -> FleetMember {
    throw Self.notYet
  }

  func remove(_ backend: Backend) async throws(AdminError) -> Bool { throw Self.notYet }

  func setDraining(
    _ backend: Backend, _ isDraining: Bool
  ) async throws(AdminError) -> FleetMember { throw Self.notYet }

  func reload() async throws(AdminError) -> AdminReload { throw Self.notYet }

  func setLogLevels(_ levels: String) throws(AdminError) { throw Self.notYet }

  func configuration() throws(AdminError) -> [UInt8] { throw Self.notYet }

  private static let notYet = AdminError(
    501, "not_implemented", "This gateway cannot do that while it runs.")
}
