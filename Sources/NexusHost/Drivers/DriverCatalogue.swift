/// A file, or the whole directory, that was not loaded.
public struct DriverRefusal: Equatable, Sendable {
  /// Absolute path.
  public let path: String
  /// One line for people.
  public let reason: String
}

/// The drivers of a directory: what was loaded, in the order of file names, and what was not.
public struct DriverCatalogue: Sendable {
  /// The directory that was read; empty if none was.
  public let directory: String
  /// The drivers, in the order of their file names.
  public let drivers: [Driver]
  /// What was refused, in the same order.
  public let refusals: [DriverRefusal]
  private let byType: [String: Driver]

  public init(directory: String = "", drivers: [Driver] = [], refusals: [DriverRefusal] = []) {
    self.directory = directory
    self.drivers = drivers
    self.refusals = refusals
    var byType: [String: Driver] = [:]
    for driver in drivers {
      for type in driver.descriptor.types where byType[type] == nil { byType[type] = driver }
    }
    self.byType = byType
  }

  /// The driver that serves backends of that type, or nil.
  public func driver(forType type: String) -> Driver? { byType[type] }

  /// Every type that some driver serves, sorted.
  public var types: [String] { byType.keys.sorted() }

  /// Every port that some driver declares with the drivers that do, in the order of ports.
  public var ports: [(port: UInt16, drivers: [Driver])] {
    var byPort: [UInt16: [Driver]] = [:]
    for driver in drivers {
      for port in Set(driver.descriptor.ports) { byPort[port, default: []].append(driver) }
    }
    return byPort.keys.sorted().map { ($0, byPort[$0] ?? []) }
  }
}
