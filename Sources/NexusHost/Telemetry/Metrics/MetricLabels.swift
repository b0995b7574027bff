import Synchronization

/// The values that labels have, each known by a small number. There is an end to them: what clients,
/// servers and announcements name cannot make the pages longer and longer. Any thread.
public final class MetricLabels: Sendable {
  /// Where requests go: a model on a backend, by the numbers of their labels.
  public struct Place: Hashable, Sendable {
    public let model: Int
    public let backend: Int
  }

  /// What is known so far. A value.
  public struct Contents: Sendable {
    /// By their numbers.
    public fileprivate(set) var models: [String] = []
    public fileprivate(set) var backends: [String] = []
    /// The type of each backend, as it was when it was first seen.
    public fileprivate(set) var types: [String] = []
    public fileprivate(set) var places: [Place] = []
    fileprivate var modelNumbers: [String: Int] = [:]
    fileprivate var backendNumbers: [String: Int] = [:]
    fileprivate var placeNumbers: [Place: Int] = [:]
  }

  /// What stands for a model that nobody knows.
  public static let unknown = "unknown"
  /// What stands for the backend of requests that reached none.
  public static let none = "none"
  /// What stands for all that come after so many.
  public static let other = "other"
  public static let mostModels = 500
  public static let mostBackends = 1_000
  /// Longest value in characters.
  static let longest = 128

  private let contents = Mutex(Contents())

  public init() {}

  public var current: Contents { contents.withLock { $0 } }

  /// The number of a model on a backend; new for the first of its name. `type`: the backend's.
  public func place(_ model: String, on backend: String, type: String = "") -> Int {
    let model = Self.sanitized(model)
    let backend = Self.sanitized(backend)
    return contents.withLock { contents in
      let place = Place(
        model: contents.model(model), backend: contents.backend(backend, type: type))
      if let known = contents.placeNumbers[place] { return known }
      contents.placeNumbers[place] = contents.places.count
      contents.places.append(place)
      return contents.places.count - 1
    }
  }

  /// A name as dashboards made for this system's predecessor expect it: whatever is no letter, digit
  /// or "_" becomes "_", and one stands before a leading digit.
  public static func sanitized(_ name: String) -> String {
    var result = ""
    var count = 0
    for scalar in name.unicodeScalars {
      guard count < longest else { break }
      count += 1
      let properties = scalar.properties
      if count == 1, properties.numericType != nil { result.unicodeScalars.append("_") }
      let isKept =
        scalar == "_" || properties.isAlphabetic || properties.numericType != nil
      result.unicodeScalars.append(isKept ? scalar : "_")
    }
    return result
  }
}

extension MetricLabels.Contents {
  fileprivate mutating func model(_ name: String) -> Int {
    if let known = modelNumbers[name] { return known }
    let isOver = models.count >= MetricLabels.mostModels
    if isOver, let other = modelNumbers[MetricLabels.other] { return other }
    let name = isOver ? MetricLabels.other : name
    modelNumbers[name] = models.count
    models.append(name)
    return models.count - 1
  }

  fileprivate mutating func backend(_ name: String, type: String) -> Int {
    if let known = backendNumbers[name] {
      if types[known].isEmpty { types[known] = type }
      return known
    }
    let isOver = backends.count >= MetricLabels.mostBackends
    if isOver, let other = backendNumbers[MetricLabels.other] { return other }
    let name = isOver ? MetricLabels.other : name
    backendNumbers[name] = backends.count
    backends.append(name)
    types.append(isOver ? MetricLabels.other : type)
    return backends.count - 1
  }
}
