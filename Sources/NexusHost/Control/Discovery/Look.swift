import HTTP
import Net

/// What suggests that there may be a server.
enum Lead: Hashable {
  /// A port of this machine that is usual for servers.
  case port(UInt16)
  /// A port of an address that is to be looked at.
  case scanned(NumericAddress, UInt16)
  /// Announcements in the network, by the number of their group.
  case announced(Int)
}

/// A look where a lead leads: whether something listens there, and then every driver is asked what it
/// is.
struct Look {
  /// Tells an answer of this look from a late one of the look before.
  struct ID: Hashable {
    let lead: Lead
    let number: Int
  }

  let id: ID
  /// Ways that are still to be tried; the first is being tried.
  var ways: [Way]
  /// The type that was announced; it counts only between equally certain answers.
  let hint: String?
  /// Nil while it is not known whether something listens.
  var identification: Identification?
  /// Whether something answered that was none of the servers that drivers know.
  var wasOpen = false
}

/// When a lead that led nowhere is followed again: most programs that listen somewhere are no model
/// servers, and are not to be asked every other second.
struct Rest {
  private(set) var until: UInt64
  private var pause: UInt64

  /// In milliseconds.
  static let first: UInt64 = 1_000
  static let longest: UInt64 = 30_000

  /// It is followed at once; what leads nowhere then rests for the first time.
  init(overAt now: UInt64) {
    until = now
    pause = Self.first / 2
  }

  /// It has led nowhere.
  init(now: UInt64) {
    self.init(overAt: now)
    again(now: now)
  }

  /// It led nowhere once more.
  mutating func again(now: UInt64) {
    pause = min(pause * 2, Self.longest)
    until = now + pause
  }
}
