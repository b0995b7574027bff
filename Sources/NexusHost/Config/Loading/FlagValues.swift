import HTTP

/// What a command line sets, checked: the strongest of the sources.
public struct FlagValues: Equatable, Sendable {
  /// A key that an option sets.
  struct Value: Equatable {
    let path: String
    let value: SettingValue
    /// As it was written: "--port".
    let flag: String
  }

  let values: [Value]
  /// In the order of the command line.
  public let backends: [Settings.Backend]

  /// A command line that sets nothing.
  public init() {
    values = []
    backends = []
  }

  /// Reads the options of `nexus serve`.
  public init(_ invocation: Invocation) throws(UsageError) {
    var values: [Value] = []
    for key in SettingsTable.single.map(\.key) {
      guard let flag = key.flag, let text = invocation.value(flag.option.name) else { continue }
      do {
        let value = try flag.constant ?? (flag.kind ?? key.kind).read(text)
        values.append(Value(path: key.path, value: value, flag: flag.option.name))
      } catch {
        throw UsageError("'\(flag.option.name) \(text)': \(error)")
      }
    }
    self.values = values
    backends = try Self.backends(invocation)
  }

  private static func backends(_ invocation: Invocation) throws(UsageError) -> [Settings.Backend] {
    // Where it may not be repeated, it is the name of one.
    guard invocation.command.option("--backend")?.repeats == true else { return [] }
    var backends: [Settings.Backend] = []
    for text in invocation.values["--backend"] ?? [] {
      let backend = try BackendOption.parse(text)
      if backends.contains(where: { $0.endpoint.url == backend.endpoint.url }) {
        throw UsageError("'--backend \(text)': \(backend.endpoint.url) stands there twice.")
      }
      if backends.contains(where: { $0.name == backend.name }) {
        throw UsageError(
          "'--backend \(text)': the name '\(backend.name)' is taken; add ,name=ANOTHER.")
      }
      backends.append(backend)
    }
    return backends
  }
}
