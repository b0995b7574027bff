/// Why a change of where a model is in memory is refused before anything was done. What to do about it
/// stands in the text; API and commands give it a status by its case.
public enum LifecycleError: Error, Equatable, Sendable, CustomStringConvertible {
  case backendUnknown(String, known: [String])
  /// The backend does not list the model.
  case modelUnknown(String, backend: String, elsewhere: [String])
  /// The backend is down, or drains.
  case notUsable(String, why: String)
  /// Its driver, or its server, cannot do that.
  case unsupported(backend: String, type: String)
  /// Another job works on it; its id.
  case busy(backend: String, job: String)
  case notLoaded(String, backend: String)
  /// Requests for the model are under way there.
  case inUse(String, backend: String, requests: Int)
  /// `never_load` names it.
  case neverLoad(String, backend: String)
  /// Too little memory is free; `removable` could be unloaded.
  case noRoom(String, backend: String, why: String, removable: [String])
  /// Source and target are the same.
  case sameBackend(String)
  case jobUnknown(String)
  /// The job is over already.
  case jobOver(String)
  /// The gateway stops.
  case stopping

  public var description: String {
    switch self {
    case .backendUnknown(let name, let known):
      "there is no backend '\(name)'; there are: \(known.joined(separator: ", "))"
    case .modelUnknown(let model, let backend, let others) where others.isEmpty:
      "'\(backend)' has no model '\(model)'"
    case .modelUnknown(let model, let backend, let others):
      "'\(backend)' has no model '\(model)'; it is on \(others.joined(separator: ", "))"
    case .notUsable(let backend, let why): "'\(backend)' cannot be used now: \(why)"
    case .unsupported(let backend, let type):
      "'\(backend)' (\(type)) loads and unloads no models on request"
    case .busy(let backend, let job):
      "'\(backend)' is busy with \(job); wait for it, or cancel it"
    case .notLoaded(let model, let backend): "'\(model)' is not loaded on '\(backend)'"
    case .inUse(let model, let backend, let requests):
      "\(requests) requests for '\(model)' are under way on '\(backend)'; wait, or say force"
    case .neverLoad(let model, let backend):
      "never_load of '\(backend)' names '\(model)'"
    case .noRoom(let model, let backend, let why, let removable) where removable.isEmpty:
      "'\(backend)' has no room for '\(model)': \(why)"
    case .noRoom(let model, let backend, let why, let removable):
      "'\(backend)' has no room for '\(model)': \(why); say make_room to unload what is not in"
        + " use there: \(removable.joined(separator: ", "))"
    case .sameBackend(let backend): "source and target are both '\(backend)'"
    case .jobUnknown(let id): "there is no job '\(id)'; the last hundred are remembered"
    case .jobOver(let id): "the job '\(id)' is over already"
    case .stopping: "the gateway stops"
    }
  }
}
