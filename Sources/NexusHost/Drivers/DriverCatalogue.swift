/// A file, or the whole directory, that was not loaded.
public struct DriverRefusal: Equatable, Sendable {
  /// Absolute path.
  public let path: String
  /// One line for people.
  public let reason: String
  /// Whether the driver that was loaded from there before stays in use.
  public let keepsOld: Bool
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
  private let seats: [String: DriverSeat]

  /// `previous`: the catalogue that this one follows, whose seats stay; `install` fills them anew.
  public init(
    directory: String = "", drivers: [Driver] = [], refusals: [DriverRefusal] = [],
    after previous: DriverCatalogue? = nil
  ) {
    self.directory = directory
    self.drivers = drivers
    self.refusals = refusals
    var byType: [String: Driver] = [:]
    for driver in drivers {
      for type in driver.descriptor.types where byType[type] == nil { byType[type] = driver }
    }
    self.byType = byType
    var seats: [String: DriverSeat] = [:]
    for (type, driver) in byType { seats[type] = previous?.seats[type] ?? DriverSeat(driver) }
    self.seats = seats
  }

  /// Puts the drivers into their seats: from then on every exchange that begins is with them. Nobody
  /// sits where `previous` had a driver for a type and there is none now.
  public func install(after previous: DriverCatalogue) {
    for (type, seat) in seats { seat.take(byType[type]) }
    for (type, seat) in previous.seats where seats[type] == nil { seat.take(nil) }
  }

  /// The driver that serves backends of that type, or nil.
  public func driver(forType type: String) -> Driver? { byType[type] }

  /// Where that driver sits, or nil.
  public func seat(forType type: String) -> DriverSeat? { seats[type] }

  /// The driver that was loaded from that file, or nil.
  func driver(from path: String) -> Driver? { drivers.first { $0.descriptor.path == path } }

  /// Why the file of a driver was refused when it was loaded last, so that what was loaded from there
  /// before is still in use; nil if it is the present one.
  public func staleness(of driver: Driver) -> String? {
    refusals.first { $0.keepsOld && [driver.descriptor.path, directory].contains($0.path) }?.reason
  }

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
