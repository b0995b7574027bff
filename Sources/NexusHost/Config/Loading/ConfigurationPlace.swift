/// Where the configuration file is.
public struct ConfigurationPlace: Equatable, Sendable {
  public let path: String
  /// Whether somebody named it: then it must be there.
  public let isNamed: Bool

  /// Names the file, for every command.
  public static let variable = "NEXUS_CONFIG"
  /// The name of the file in the working directory.
  public static let usualName = "nexus.toml"
  /// Most bytes of a file.
  static let limit = 1 << 20

  /// The file that was named (`--config`, then NEXUS_CONFIG), else the first usual one for which
  /// `exists` holds, else the one in the working directory, although it is not there.
  public static func find(
    named: String?, environment: (String) -> String?, exists: (String) -> Bool
  ) -> ConfigurationPlace {
    func value(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
    if let path = named ?? value(variable) {
      return ConfigurationPlace(path: path, isNamed: true)
    }
    var places = [usualName]
    if let folder = value("XDG_CONFIG_HOME") {
      places.append("\(folder)/nexus/nexus.toml")
    } else if let home = value("HOME") {
      places.append("\(home)/.config/nexus/nexus.toml")
    }
    places.append("/etc/nexus/nexus.toml")
    return ConfigurationPlace(path: places.first(where: exists) ?? usualName, isNamed: false)
  }

  /// Reads the file and merges it with the other sources. Waits for the disk.
  public func load(environment: (String) -> String?, flags: FlagValues) -> Loaded {
    do throws(SmallFile.Failure) {
      let file = ConfigurationFile(name: path, bytes: try SmallFile.read(path, limit: Self.limit))
      return SettingsLoader.load(file: file, environment: environment, flags: flags)
    } catch {
      var loaded = SettingsLoader.load(environment: environment, flags: flags)
      if !error.isMissing {
        loaded.report(.error, path: nil, nil, "Cannot read the configuration \(path): \(error).")
      } else if isNamed {
        loaded.report(
          .error, path: nil, nil,
          "Config file not found: \(path). 'nexus config init --output \(path)' writes one.")
      }
      return loaded
    }
  }
}
