import Control
import Drivers
import Gateway
import Net
import Telemetry

/// The drivers in force, and those before them until nothing of them is used any more.
///
/// `@unchecked Sendable`: touched on the control loop's thread only, and before it turns.
final class LoadedDrivers: @unchecked Sendable {
  /// What is loaded.
  private(set) var catalogue: DriverCatalogue
  /// What sits in the seats; another than `catalogue` while a reload is under way.
  private var installed: DriverCatalogue
  /// Gone from their seats, with exchanges that may still be under way.
  private var retired: [Driver] = []
  private var isWatching = false
  private let log: Log

  /// How often is asked whether the last exchange with a retired driver has ended, in milliseconds.
  private static let pause: UInt64 = 200

  init(_ catalogue: DriverCatalogue, log: Log) {
    self.catalogue = catalogue
    installed = catalogue
    self.log = log
  }

  /// Reads the directory again. Nobody uses what is new before `install`.
  func refresh() -> DriverNews {
    let before = catalogue
    catalogue = DriverLoader.load(directory: before.directory, after: before)
    let changes = catalogue.changes(since: before)
    for change in changes { tell(change) }
    for refusal in catalogue.refusals where !before.refusals.contains(refusal) { tell(refusal) }
    return DriverNews(
      changed: changes.map(\.text), warnings: catalogue.refusals.map(Self.text))
  }

  /// Has every exchange that begins from now on be one with the drivers that were loaded last.
  func install(_ counts: DriverCounts, on loop: EventLoop) {
    counts.set(catalogue)
    let before = installed
    guard !before.drivers.elementsEqual(catalogue.drivers, by: ===) else { return }
    catalogue.install(after: before)
    installed = catalogue
    retired += before.drivers.filter { old in !catalogue.drivers.contains { $0 === old } }
    if !isWatching { unload(loop) }
  }

  /// Lets go of retired drivers that nobody else holds, which unmaps their libraries.
  private func unload(_ loop: EventLoop) {
    for index in retired.indices.reversed() where isKnownUniquelyReferenced(&retired[index]) {
      let driver = retired.remove(at: index).descriptor
      log.info(
        "drivers", "unloaded: nothing is under way with it any more",
        ["id": driver.id, "version": driver.version, "file": driver.path])
    }
    isWatching = !retired.isEmpty
    if isWatching { loop.after(Self.pause) { [weak self] in self?.unload(loop) } }
  }

  private func tell(_ change: DriverChange) {
    let what =
      switch (change.old, change.new) {
      case (nil, _): "added"
      case (_, nil): "removed; what is under way with it finishes"
      default: "replaced; what is under way with the one before finishes"
      }
    log.info(
      "drivers", what,
      [
        "id": (change.new ?? change.old)?.id, "version": (change.new ?? change.old)?.version,
        "before": change.new == nil ? nil : change.old?.version, "file": change.path,
      ])
  }

  private func tell(_ refusal: DriverRefusal) {
    log.warn(
      "drivers", refusal.keepsOld ? "not loaded; the one before stays in use" : "not loaded",
      ["file": refusal.path, "reason": refusal.reason])
  }

  private static func text(_ refusal: DriverRefusal) -> String {
    let rest = refusal.keepsOld ? "; what was loaded from there before stays in use" : ""
    return "\(refusal.path) is not loaded: \(refusal.reason)\(rest)"
  }
}
