import Config
import Control
import Drivers
import Fleet
import Gateway
import Glibc
import HTTP
import Telemetry

/// Carries out what administrators ask over the control socket.
final class GatewayAdmin: AdminActions {
  private let url: String
  private let drivers: LoadedDrivers
  private let workers: [WorkerThread]
  private let published: PublishedView
  private let manager: FleetManager
  private let reloader: ReloadController
  private let state: StateStore
  private let kept: KeptFleet
  private let log: Log

  init(
    url: String, drivers: LoadedDrivers, workers: [WorkerThread], published: PublishedView,
    manager: FleetManager, reloader: ReloadController, state: StateStore, log: Log
  ) {
    self.url = url
    self.drivers = drivers
    self.workers = workers
    self.published = published
    self.manager = manager
    self.reloader = reloader
    self.state = state
    kept = KeptFleet(state)
    self.log = log
  }

  var view: GatewayView { published.current }

  func status() -> AdminStatus {
    AdminStatus(
      url: url, configFile: reloader.configurationFile.map(Self.absolute),
      stateDirectory: state.path, drivers: drivers.catalogue.drivers.map(\.descriptor.id),
      logLevels: "\(log.levels)", logDropped: log.dropped, workers: workers.count,
      requestsInFlight: workers.reduce(0) { $0 + $1.requestsUnderWay })
  }

  func add(_ backend: Settings.Backend) async throws(AdminError) -> FleetMember {
    if let variable = backend.keyVariable, ControlSocket.environment(variable) == nil {
      throw .bad(
        "The gateway's environment has no variable '\(variable)': start it with the key in there.")
    }
    let member: FleetMember
    do {
      member = try await manager.add(backend)
    } catch {
      throw AdminError(error)
    }
    do {
      try await kept.add(backend)
    } catch {
      _ = try? await manager.remove(backend.name)
      throw AdminError(error)
    }
    return member
  }

  func remove(_ backend: Backend) async throws(AdminError) -> Bool {
    let removed: Backend
    do {
      removed = try await manager.remove(backend.name)
    } catch {
      throw AdminError(error)
    }
    do {
      try await kept.remove(backend.name)
    } catch {
      throw AdminError(error)
    }
    return removed.source == .configured
  }

  func setDraining(
    _ backend: Backend, _ isDraining: Bool
  ) async throws(AdminError) -> FleetMember {
    do {
      try await kept.setDraining(isDraining, backend.name)
    } catch {
      throw AdminError(error)
    }
    do {
      return try await manager.setDraining(isDraining, backend.name)
    } catch {
      throw AdminError(error)
    }
  }

  func reload() async throws(AdminError) -> AdminReload {
    switch await reloader.reload() {
    case .success(let report):
      return AdminReload(
        changed: report.drivers.changed + report.changed, restartNeeded: report.restartNeeded,
        warnings: report.drivers.warnings + report.warnings)
    case .failure(let refusal):
      var error = AdminError(
        422, "invalid_configuration",
        "The configuration is refused; the one before stays in force.")
      error.faults = refusal.faults
      throw error
    }
  }

  func plugins() -> [UInt8] { PluginReport.json(drivers.catalogue) }

  func setLogLevels(_ levels: String) throws(AdminError) {
    do {
      log.levels = try LogLevels.parse(levels, over: log.levels)
    } catch {
      throw .bad(error.description)
    }
    log.info("log", "levels changed", ["levels": log.levels.description])
  }

  func configuration() -> [UInt8] { reloader.configuration }

  /// For somebody in another directory.
  private static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

extension AdminError {
  /// Why a change could not be kept beyond a restart.
  init(_ error: StateError) {
    self.init(500, "not_kept", "This cannot be kept beyond a restart: \(error)")
  }

  /// Why the fleet could not be changed.
  init(_ error: FleetError) {
    let (status, code) =
      switch error {
      case .unknown: (404, "backend_not_found")
      case .nameTaken: (409, "name_taken")
      case .addressTaken: (409, "address_taken")
      case .isDiscovered: (409, "backend_discovered")
      case .noDriver: (400, "no_driver")
      case .ownAddress: (400, "own_address")
      }
    let text = error.description
    self.init(status, code, "\(text.prefix(1).uppercased())\(text.dropFirst()).")
  }
}
