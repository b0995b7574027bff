import Drivers

/// A backend at one moment: how it is and what it offers.
public final class FleetMember: Sendable {
  public let backend: Backend
  public let state: BackendHealth.State
  /// Whether it was taken out of use: it is watched, but gets no new requests.
  public let isDraining: Bool
  /// Why it is not up, in words for people, or empty.
  public let detail: String
  /// As the server says it, or empty.
  public let serverVersion: String
  /// Its models, each id once, in the order told. Kept while it is down.
  public let models: [Model]
  /// What the server itself says about its load.
  public let loads: [LoadReport]
  /// Requests that others than this host had there when it was last asked.
  public let foreignRequests: Int
  /// Memory for models as the server tells it, in bytes; 0 unknown.
  public let memoryTotal: UInt64
  public let memoryFree: UInt64

  public init(
    backend: Backend, state: BackendHealth.State, isDraining: Bool = false, models: [Model],
    detail: String = "", serverVersion: String = "", loads: [LoadReport] = [],
    foreignRequests: Int = 0, memoryTotal: UInt64 = 0, memoryFree: UInt64 = 0
  ) {
    self.backend = backend
    self.state = state
    self.isDraining = isDraining
    self.detail = detail
    self.serverVersion = serverVersion
    var seen: Set<String> = []
    self.models = models.filter { seen.insert($0.id).inserted }
    self.loads = loads
    self.foreignRequests = foreignRequests
    self.memoryTotal = memoryTotal
    self.memoryFree = memoryFree
  }

  /// Whether requests may be routed there.
  public var isRoutable: Bool { state == .up && !isDraining && backend.kind != nil }
}
