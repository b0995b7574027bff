import NexusPluginABI

/// How a server is, with the values of the ABI.
public enum HealthState: UInt32, Sendable {
  case ready = 1
  case loading, failing
}

/// What runs and waits now, as the server itself counts it; nil where it does not.
public struct Load {
  public var running: UInt64?
  public var waiting: UInt64?
  /// KV cache in use, 0...1000.
  public var cachePermille: UInt64?
  /// Requests that it serves at once; 0 if unknown.
  public var slots: UInt64 = 0

  public init() {}

  /// Whether there is anything to tell.
  public var isKnown: Bool { running != nil || waiting != nil || cachePermille != nil }
}

extension Sink {
  /// Tells how the server is. `memory`: for models, in bytes, all and what is free; 0 unknown.
  public func report(
    health: HealthState, _ detail: StaticString = "", version: [UInt8] = [],
    memory: (total: UInt64, free: UInt64) = (0, 0)
  ) {
    var record = nexus_health()
    record.size = UInt32(MemoryLayout<nexus_health>.size)
    record.state = health.rawValue
    record.detail = nexus_slice(detail)
    record.memory_total = memory.total
    record.memory_free = memory.free
    ByteText.line(version, limit: 128).lend { version in
      record.server_version = version
      report(UInt32(NEXUS_REPORT_HEALTH), record)
    }
  }

  /// Tells what the server is. `certainty` is 100 for a mark that no other server has.
  public func report(identity type: StaticString, certainty: UInt32, version: [UInt8] = []) {
    var record = nexus_identity()
    record.size = UInt32(MemoryLayout<nexus_identity>.size)
    record.certainty = certainty
    record.backend_type = nexus_slice(type)
    ByteText.line(version, limit: 128).lend { version in
      record.server_version = version
      report(UInt32(NEXUS_REPORT_IDENTITY), record)
    }
  }

  /// Tells what runs and waits, for the whole server or for `model`.
  public func report(load: Load, model: [UInt8] = []) {
    guard load.isKnown else { return }
    var record = nexus_load()
    record.size = UInt32(MemoryLayout<nexus_load>.size)
    record.running = UInt32(clamping: load.running ?? 0)
    record.waiting = UInt32(clamping: load.waiting ?? 0)
    record.slots = UInt32(clamping: load.slots)
    record.cache_permille = UInt32(min(load.cachePermille ?? 0, 1000))
    record.known =
      (load.running == nil ? 0 : 1) | (load.waiting == nil ? 0 : 2)
      | (load.cachePermille == nil ? 0 : 4)
    model.lend { model in
      record.model = model
      report(UInt32(NEXUS_REPORT_LOAD), record)
    }
  }

  /// Tells how far a long job is.
  public func report(progress permille: UInt32, _ detail: StaticString) {
    var record = nexus_progress()
    record.size = UInt32(MemoryLayout<nexus_progress>.size)
    record.permille = min(permille, 1000)
    record.detail = nexus_slice(detail)
    report(UInt32(NEXUS_REPORT_PROGRESS), record)
  }
}
