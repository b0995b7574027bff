import HTTP

/// A request of an administrator.
public struct AdminRequest: Sendable {
  /// What stands in the places of the route's parameters, percent-decoded.
  public let parameters: [String]
  /// What stands behind the path.
  let query: QueryFields
  public let body: [UInt8]
  /// The connection. It may be used for messages with descriptors while the handler runs: the
  /// server neither reads nor writes meanwhile.
  public let descriptor: Int32
}

/// An answer to an administrator.
public struct AdminAnswer: Sendable {
  public let status: Int
  /// Media type of the body.
  public let type: StaticString
  public let body: [UInt8]

  public init(
    status: Int = 200, type: StaticString = "application/json", _ body: [UInt8]
  ) {
    self.status = status
    self.type = type
    self.body = body
  }
}

/// Something that can be asked over the control socket.
public struct AdminRoute: Sendable {
  public typealias Handler =
    @Sendable (AdminRequest) async throws(AdminError) -> AdminAnswer

  let method: HTTPMethod
  /// The segments of the path; nil is a parameter.
  let segments: [String?]
  /// Runs on the control loop.
  let handler: Handler

  /// `path` as in "/backends/{name}/drain": a segment in braces is a parameter.
  public init(_ method: HTTPMethod, _ path: String, _ handler: @escaping Handler) {
    self.method = method
    segments = path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) }
    self.handler = handler
  }

  /// The values of the parameters if the path is of this route's shape.
  func parameters(of path: [String]) -> [String]? {
    guard path.count == segments.count else { return nil }
    var values: [String] = []
    for (segment, part) in zip(segments, path) {
      if let segment {
        guard segment == part else { return nil }
      } else {
        values.append(part)
      }
    }
    return values
  }
}

extension [AdminRoute] {
  /// The route for a request and the values of its parameters. 404 and 405 say what there is.
  func route(
    _ method: HTTPMethod, named name: String, _ path: String
  ) throws(AdminError) -> (AdminRoute, [String]) {
    let segments = path.split(separator: "/").map { PercentCoding.decode($0) }
    let fitting = compactMap { route in route.parameters(of: segments).map { (route, $0) } }
    guard !fitting.isEmpty else {
      throw AdminError(404, "not_found", "There is nothing at \(path.prefix(200)).")
    }
    if let found = fitting.first(where: { $0.0.method == method }) { return found }
    let methods = fitting.map { "\($0.0.method.name)" }.joined(separator: ", ")
    var error = AdminError(
      405, "method_not_allowed", "\(name.prefix(20)) is not allowed here; use \(methods).")
    error.allow = methods
    throw error
  }
}
