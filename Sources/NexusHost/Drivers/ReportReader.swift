import NexusPluginABI

// Part of the driver boundary: reads the structs behind `nexus_sink.report`. Only the fields inside
// min(size, known size) are looked at; what its writer did not know is zero.
enum ReportReader {
  /// Adds the record to `reports`, or tells what is wrong with it. Unknown kinds are ignored.
  static func read(
    kind: UInt32, record: UnsafeRawPointer?, into reports: inout DriverReports
  ) -> StaticString? {
    switch kind {
    case 1: identity(record, into: &reports)
    case 2: health(record, into: &reports)
    case 3: model(record, into: &reports)
    case 4: load(record, into: &reports)
    case 5: usage(record, into: &reports.usage)
    case 6: tokens(record, into: &reports)
    case 7: progress(record, into: &reports)
    default: nil
    }
  }

  private static let malformed: StaticString = "a report without a record or its size"

  private static func identity(
    _ record: UnsafeRawPointer?, into reports: inout DriverReports
  ) -> StaticString? {
    var raw = nexus_identity()
    guard readRecord(record, into: &raw) else { return malformed }
    guard (1...100).contains(raw.certainty) else { return "an identity with impossible certainty" }
    guard let type = raw.backend_type.text(limit: DriverLimits.nameBytes), !type.isEmpty,
      let version = raw.server_version.words()
    else { return "an identity with a malformed text" }
    reports.identity = ServerIdentity(
      certainty: Int(raw.certainty), backendType: type, serverVersion: version)
    return nil
  }

  private static func health(
    _ record: UnsafeRawPointer?, into reports: inout DriverReports
  ) -> StaticString? {
    var raw = nexus_health()
    guard readRecord(record, into: &raw) else { return malformed }
    guard let state = ServerHealth.State(rawValue: raw.state) else {
      return "a health report with an unknown state"
    }
    guard let detail = raw.detail.words(), let version = raw.server_version.words() else {
      return "a health report with a malformed text"
    }
    var health = ServerHealth(state: state, detail: detail, serverVersion: version)
    health.memoryTotal = raw.memory_total
    health.memoryFree = raw.memory_free
    reports.health = health
    return nil
  }

  private static func model(
    _ record: UnsafeRawPointer?, into reports: inout DriverReports
  ) -> StaticString? {
    var raw = nexus_model()
    guard readRecord(record, into: &raw) else { return malformed }
    guard reports.models.count < DriverLimits.modelCount else {
      return "more than 4,096 models"
    }
    let limit = DriverLimits.nameBytes
    guard let id = raw.id.text(limit: limit), !id.isEmpty, let alias = raw.alias.text(limit: limit),
      let instance = raw.instance.text(limit: limit)
    else { return "a model without an id or with a malformed name" }
    var model = ModelReport(id: id)
    model.alias = alias
    model.instance = instance
    model.residency = Residency(rawValue: raw.state) ?? .unknown
    model.isRemote = raw.flags & NEXUS_MODEL_REMOTE != 0
    model.isUnavailable = raw.flags & NEXUS_MODEL_UNAVAILABLE != 0
    model.needsLoad = raw.flags & NEXUS_MODEL_NEEDS_LOAD != 0
    model.abilities = Abilities(rawValue: raw.abilities)
    model.abilitiesKnown = Abilities(rawValue: raw.abilities_known)
    model.slots = Int(raw.slots)
    model.contextTokens = raw.context_tokens
    model.trainedTokens = raw.trained_tokens
    model.outputTokens = raw.output_tokens
    model.diskBytes = raw.disk_bytes
    model.memoryBytes = raw.memory_bytes
    reports.models.append(model)
    return nil
  }

  private static func load(
    _ record: UnsafeRawPointer?, into reports: inout DriverReports
  ) -> StaticString? {
    var raw = nexus_load()
    guard readRecord(record, into: &raw) else { return malformed }
    guard reports.loads.count < DriverLimits.loadCount else { return "more than 4,097 loads" }
    guard let model = raw.model.text(limit: DriverLimits.nameBytes) else {
      return "a load with a malformed model name"
    }
    reports.loads.append(
      LoadReport(
        model: model,
        running: raw.known & 1 != 0 ? Int(raw.running) : nil,
        waiting: raw.known & 2 != 0 ? Int(raw.waiting) : nil,
        slots: Int(raw.slots),
        cachePermille: raw.known & 4 != 0 ? Int(min(raw.cache_permille, 1000)) : nil))
    return nil
  }

  private static func usage(
    _ record: UnsafeRawPointer?, into usage: inout TokenUsage?
  ) -> StaticString? {
    var raw = nexus_usage()
    guard readRecord(record, into: &raw) else { return malformed }
    usage = TokenUsage(
      input: raw.known & 1 != 0 ? raw.input_tokens : nil,
      output: raw.known & 2 != 0 ? raw.output_tokens : nil,
      cached: raw.known & 4 != 0 ? raw.cached_tokens : nil,
      reasoning: raw.known & 8 != 0 ? raw.reasoning_tokens : nil)
    return nil
  }

  private static func tokens(
    _ record: UnsafeRawPointer?, into reports: inout DriverReports
  ) -> StaticString? {
    var raw = nexus_usage()
    guard readRecord(record, into: &raw) else { return malformed }
    reports.tokens = raw.input_tokens
    return nil
  }

  private static func progress(
    _ record: UnsafeRawPointer?, into reports: inout DriverReports
  ) -> StaticString? {
    var raw = nexus_progress()
    guard readRecord(record, into: &raw) else { return malformed }
    guard let detail = raw.detail.words() else { return "a progress report with a malformed text" }
    reports.progress = JobProgress(permille: Int(min(raw.permille, 1000)), detail: detail)
    return nil
  }
}
