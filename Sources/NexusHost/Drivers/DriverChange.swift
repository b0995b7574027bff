/// What became of the drivers between two catalogues.
public struct DriverChange: Equatable, Sendable {
  /// The file.
  public let path: String
  /// The driver that was loaded from there, or nil.
  public let old: DriverDescriptor?
  /// The driver that is loaded from there now, or nil.
  public let new: DriverDescriptor?

  /// A line for people: "drivers.ollama.so: org.example.server 1.0.0 → 1.1.0".
  public var text: String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return "drivers.\(name): \(Self.text(old, beside: nil)) → \(Self.text(new, beside: old))"
  }

  private static func text(_ driver: DriverDescriptor?, beside old: DriverDescriptor?) -> String {
    guard let driver else { return "nothing" }
    guard driver.id == old?.id else { return "\(driver.id) \(driver.version)" }
    return driver.version == old?.version ? "\(driver.version), built anew" : driver.version
  }
}

extension DriverCatalogue {
  /// What is different in it from `previous`, in the order of files.
  public func changes(since previous: DriverCatalogue) -> [DriverChange] {
    let paths = Set((previous.drivers + drivers).map(\.descriptor.path))
    return paths.sorted().compactMap { path in
      let (old, new) = (previous.driver(from: path), driver(from: path))
      return old === new
        ? nil : DriverChange(path: path, old: old?.descriptor, new: new?.descriptor)
    }
  }
}
