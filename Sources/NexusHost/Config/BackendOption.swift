import HTTP

/// A backend as `--backend` names it.
public struct BackendOption: Equatable, Sendable {
  public let endpoint: Endpoint
  /// Unique among the backends.
  public let name: String
  /// The type, or nil to find it out by asking the server.
  public let type: String?
  /// Name of the environment variable that holds the key, or nil.
  public let keyVariable: String?

  public init(endpoint: Endpoint, name: String, type: String? = nil, keyVariable: String? = nil) {
    self.endpoint = endpoint
    self.name = name
    self.type = type
    self.keyVariable = keyVariable
  }

  /// Reads `URL[,type=T][,name=N][,api-key-env=V][,ca-file=PATH]`.
  public static func parse(_ text: String) throws(UsageError) -> BackendOption {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let settings = try settings(parts.dropFirst(), in: text)
    let endpoint: Endpoint
    do {
      endpoint = try Endpoint.parse(
        String(parts.first ?? ""), caFile: settings["ca-file"])
    } catch {
      throw UsageError("--backend \(error)")
    }
    if let variable = settings["api-key-env"], !isVariable(variable) {
      throw UsageError(
        "'--backend \(text)': api-key-env names an environment variable, such as OPENAI_API_KEY;"
          + " a key itself does not belong on a command line.")
    }
    return BackendOption(
      endpoint: endpoint, name: settings["name"] ?? endpoint.authority, type: settings["type"],
      keyVariable: settings["api-key-env"])
  }

  private static let keys = ["type", "name", "api-key-env", "ca-file"]

  private static func settings(
    _ parts: ArraySlice<Substring>, in text: String
  ) throws(UsageError) -> [String: String] {
    var settings: [String: String] = [:]
    for part in parts {
      guard let equals = part.firstIndex(of: "=") else {
        throw UsageError("'--backend \(text)': '\(part)' is not of the form key=value.")
      }
      let key = String(part[..<equals])
      let value = String(part[part.index(after: equals)...])
      guard keys.contains(key) else {
        let hint = Suggestion.hint(for: key, among: keys)
        throw UsageError(
          "'--backend \(text)': there is no key '\(key)'.\(hint) Known are"
            + " \(keys.joined(separator: ", ")).")
      }
      guard settings[key] == nil else {
        throw UsageError("'--backend \(text)': '\(key)' stands there twice; give it once.")
      }
      guard !value.isEmpty, value.utf8.count <= 512, value.utf8.allSatisfy({ $0 >= 0x20 }) else {
        throw UsageError("'--backend \(text)': '\(key)' needs a value of 1 to 512 letters.")
      }
      settings[key] = value
    }
    return settings
  }

  /// Whether a text can be the name of an environment variable.
  public static func isVariable(_ name: String) -> Bool {
    name.utf8.first.map { !(0x30...0x39).contains($0) } == true
      && name.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
      }
  }
}
