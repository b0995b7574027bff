import Config
import Control
import Fleet

/// What somebody wants done about a model's place in memory. Backends are called by name or id; one
/// that is nil is the only one that has the model.
enum LifecycleOrder: Equatable {
  case load(model: String, backend: String?, makeRoom: Bool)
  case unload(model: String, backend: String?, force: Bool)
  case migrate(model: String, source: String, target: String, makeRoom: Bool, unloads: Bool)

  /// `{"model_id":…, "backend_id":…, "make_room":…}`
  static func load(_ body: [UInt8]) throws(LifecycleFault) -> LifecycleOrder {
    let members = try OrderMembers(body, ["model_id", "backend_id", "make_room"])
    return .load(
      model: try members.needed("model_id"), backend: try members.text("backend_id"),
      makeRoom: try members.flag("make_room") ?? false)
  }

  /// `{"model_id":…, "backend_id":…, "force":…}`
  static func unload(_ body: [UInt8]) throws(LifecycleFault) -> LifecycleOrder {
    let members = try OrderMembers(body, ["model_id", "backend_id", "force"])
    return .unload(
      model: try members.needed("model_id"), backend: try members.text("backend_id"),
      force: try members.flag("force") ?? false)
  }

  /// `?backend_id=…&force=…` behind the path of a model.
  static func unload(
    _ model: String, _ query: QueryFields
  ) throws(LifecycleFault) -> LifecycleOrder {
    if let unknown = query.names.first(where: { $0 != "backend_id" && $0 != "force" }) {
      let hint = Suggestion.hint(for: unknown, among: ["backend_id", "force"])
      throw .bad(
        "There is no query parameter '\(unknown.prefix(100))'.\(hint) Known are backend_id, force.")
    }
    var force = false
    switch query["force"] {
    case nil, "false", "0": break
    case "true", "1", "": force = true
    default: throw .bad("'force': give true or false.", param: "force")
    }
    return .unload(model: model, backend: query["backend_id"], force: force)
  }

  /// `{"model_id":…, "source_backend_id":…, "target_backend_id":…, "make_room":…, "unload_source":…}`
  static func migrate(_ body: [UInt8]) throws(LifecycleFault) -> LifecycleOrder {
    let members = try OrderMembers(
      body, ["model_id", "source_backend_id", "target_backend_id", "make_room", "unload_source"])
    return .migrate(
      model: try members.needed("model_id"), source: try members.needed("source_backend_id"),
      target: try members.needed("target_backend_id"),
      makeRoom: try members.flag("make_room") ?? false,
      unloads: try members.flag("unload_source") ?? true)
  }

  /// Has the order carried out. Returns the job when it has begun, and throws if it is refused or has
  /// failed already.
  func carryOut(
    by manager: LifecycleManager, _ fleet: FleetSnapshot
  ) async throws(LifecycleFault) -> ModelJob {
    let job: ModelJob
    let place = try only(in: fleet)
    do throws(LifecycleError) {
      switch self {
      case .load(let model, _, let makeRoom):
        job = try await manager.load(model, on: place, makeRoom: makeRoom, cause: .command)
      case .unload(let model, _, let force):
        job = try await manager.unload(model, on: place, force: force, cause: .command)
      case .migrate(let model, let source, _, let makeRoom, let unloads):
        job = try await manager.migrate(
          model, from: fleet.name(of: source), to: place, makeRoom: makeRoom,
          unloadsSource: unloads)
      }
    } catch {
      throw fault(error, fleet)
    }
    if let fault = LifecycleFault(job) { throw fault }
    return job
  }

  /// The backend of an order that has one; the only one that has the model if none is named.
  private func only(in fleet: FleetSnapshot) throws(LifecycleFault) -> String {
    switch self {
    case .load(let model, let backend, _), .unload(let model, let backend, _):
      try fleet.place(of: model, on: backend)
    case .migrate(_, _, let target, _, _): fleet.name(of: target)
    }
  }

  /// A migration from where the model is not conflicts with the fleet as it is; otherwise a model
  /// that is not there is one that is not found.
  private func fault(_ error: LifecycleError, _ fleet: FleetSnapshot) -> LifecycleFault {
    var fault = LifecycleFault(error)
    if case .migrate(_, let source, _, _, _) = self,
      case .modelUnknown(_, fleet.name(of: source), _) = error
    {
      fault.status = 409
      fault.code = "conflict"
    }
    return fault
  }
}

/// The members of an order.
private struct OrderMembers {
  private let members: JSONMembers

  init(_ body: [UInt8], _ known: [String]) throws(LifecycleFault) {
    do {
      members = try JSONMembers(body, known: known)
    } catch {
      throw LifecycleFault(error)
    }
  }

  func text(_ name: String) throws(LifecycleFault) -> String? {
    do {
      return try members.text(name)
    } catch {
      throw LifecycleFault(error)
    }
  }

  func needed(_ name: String) throws(LifecycleFault) -> String {
    guard let text = try text(name), !text.isEmpty else {
      throw .bad("'\(name)' is missing.", param: name)
    }
    return text
  }

  func flag(_ name: String) throws(LifecycleFault) -> Bool? {
    do {
      guard case .flag(let value) = try members.value(name, as: .flag) else { return nil }
      return value
    } catch {
      throw LifecycleFault(error)
    }
  }
}

extension FleetSnapshot {
  /// The name of the backend that is called so by name or else by id; the word itself if none is.
  fileprivate func name(of word: String) -> String {
    if members.contains(where: { $0.backend.name == word }) { return word }
    return members.first { $0.backend.id == word }?.backend.name ?? word
  }

  /// The backend that is meant, or the only one that has the model.
  fileprivate func place(
    of model: String, on backend: String?
  ) throws(LifecycleFault) -> String {
    if let backend { return name(of: backend) }
    let places = members.filter { member in
      member.models.contains { $0.id == model || $0.alias == model }
    }
    switch places.count {
    case 0:
      throw LifecycleFault(
        404, "model_not_found", UnknownModel.message(model, in: self), param: "model_id")
    case 1: return places[0].backend.name
    default:
      let names = places.prefix(20).map(\.backend.name).joined(separator: ", ")
      throw .bad(
        "'backend_id' is missing, and several backends have '\(model)': \(names).",
        param: "backend_id")
    }
  }
}
