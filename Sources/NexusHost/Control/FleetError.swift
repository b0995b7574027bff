/// Why the fleet cannot be changed as somebody wants: what to do about it stands in the text.
public enum FleetError: Error, Equatable, Sendable, CustomStringConvertible {
  case unknown(String, known: [String])
  case nameTaken(String)
  case addressTaken(url: String, by: String)
  case isDiscovered(String)
  /// No loaded driver serves the type.
  case noDriver(type: String, loaded: [String])
  case ownAddress(url: String)

  public var description: String {
    switch self {
    case .unknown(let name, let known) where known.isEmpty:
      "there is no backend '\(name)', and no other"
    case .unknown(let name, let known):
      "there is no backend '\(name)'; there are: \(known.joined(separator: ", "))"
    case .nameTaken(let name): "there is a backend named '\(name)' already; choose another name"
    case .addressTaken(let url, let name): "\(url) is known already, as '\(name)'"
    case .isDiscovered(let name):
      "'\(name)' was found by itself and would be found again; drain it, or stop the server"
    case .noDriver(let type, let loaded):
      "no loaded driver serves the type '\(type)'; loaded are: \(loaded.joined(separator: ", "))"
    case .ownAddress(let url): "\(url) is this gateway itself"
    }
  }
}
